import type { IdempotencyStore } from '../stores/idempotency.js';
import { storeCases, type StoreCase, type StoreCaseBody, type StoreHarness } from './store-harness.js';
import { claimCases } from './stores/claim-cases.js';
import { duplicateCases } from './stores/duplicate-cases.js';
import { takeOverCases } from './stores/take-over-cases.js';

export interface IdempotencyHarness extends StoreHarness<IdempotencyStore> {
  /** How long an answer is kept, in milliseconds; at least a few leases. */
  readonly keepMs: number;
}

export type IdempotencyCase = StoreCaseBody<IdempotencyStore, IdempotencyHarness>;

const bodies: readonly IdempotencyCase[] = [...claimCases, ...duplicateCases, ...takeOverCases];

/** What every idempotency store does: run each case, in any test framework. A case that fails rejects. */
export function idempotencyConformance(harness: IdempotencyHarness): StoreCase[] {
  return storeCases(harness, bodies, async (store, key) => {
    const claim = await store.claim(key, 'marker', { messageId: 'marker' });
    if (claim.state === 'fresh') await claim.release();
  });
}
