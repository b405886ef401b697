import assert from 'node:assert/strict';
import type { Abandoned, Claim, IdempotencyStore, Running } from '../../stores/idempotency.js';

export const owner = { messageId: 'message-1' } as const;
export const answer = '{"success":true,"message":"done","data":null}';

/** Claims a key that must be free. */
export async function take(store: IdempotencyStore, key: string, fingerprint = 'fp'): Promise<Claim> {
  const claim = await store.claim(key, fingerprint, owner);
  assert.equal(claim.state, 'fresh');
  return claim;
}

export async function readRunning(store: IdempotencyStore, key: string): Promise<Running> {
  const found = await store.read(key);
  assert.equal(found.state, 'running');
  return found;
}

export async function readAbandoned(store: IdempotencyStore, key: string): Promise<Abandoned> {
  const found = await store.read(key);
  assert.equal(found.state, 'abandoned');
  return found;
}

/** Takes over a key that must be there for the taking. */
export async function takeOver(store: IdempotencyStore, key: string): Promise<Claim> {
  const claim = await (await readAbandoned(store, key)).takeOver();
  assert.ok(claim !== 'lost', 'expected to take over what nobody else wants, got "lost"');
  return claim;
}

/** A promise that outlives its case when that fails: its rejection must not end the process as well. */
export function background<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
