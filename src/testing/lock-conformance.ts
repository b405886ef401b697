import { exclusive, type LockProvider } from '../stores/lock.js';
import { storeCases, type StoreCase, type StoreCaseBody, type StoreHarness } from './store-harness.js';
import { lockAncestorCases } from './stores/lock-ancestor-cases.js';
import { lockEndCases } from './stores/lock-end-cases.js';
import { lockModeCases } from './stores/lock-mode-cases.js';
import { lockQueueCases } from './stores/lock-queue-cases.js';

export type LockHarness = StoreHarness<LockProvider>;
export type LockCase = StoreCaseBody<LockProvider, LockHarness>;

const bodies: readonly LockCase[] = [...lockModeCases, ...lockQueueCases, ...lockEndCases, ...lockAncestorCases];

/** What every lock provider does: run each case, in any test framework. A case that fails rejects. */
export function lockConformance(harness: LockHarness): StoreCase[] {
  return storeCases(harness, bodies, (store, key) => {
    const options = { signal: new AbortController().signal, owner: 'marker', ancestors: [] };
    return store.hold([exclusive(key)], options, async () => undefined);
  });
}
