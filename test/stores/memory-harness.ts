import { createMemoryIdempotencyState, createMemoryIdempotencyStore } from '../../src/stores/memory/idempotency.js';
import { createMemoryLockProvider, createMemoryLockState } from '../../src/stores/memory/lock.js';
import type { IdempotencyHarness } from '../../src/testing/idempotency-conformance.js';
import type { LockHarness } from '../../src/testing/lock-conformance.js';
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js';

const second = 1_000;

/** In one process, without time passing, whatever happens has happened after a few turns of the event loop. */
async function patience(signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < 200 && !signal.aborted; turn += 1) await turnOfTheLoop();
}

export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createKeys(): () => string {
  let last = 0;
  return () => `key-${(last += 1)}`;
}

export function createLockHarness(): LockHarness & { readonly clock: ManualClock } {
  const clock = createManualClock();
  const state = createMemoryLockState();
  const leaseMs = 30 * second;
  return {
    clock,
    leaseMs,
    patience,
    freshKey: createKeys(),
    advance: (ms) => clock.advance(ms),
    entries: async () => state.size,
    async connect() {
      const store = createMemoryLockProvider({ clock, state, leaseMs });
      return { store, crash: () => store.close() };
    },
    async destroy() {
      await turnOfTheLoop();
    },
  };
}

export function createIdempotencyHarness({
  leaseMs = 10 * second,
  keepMs = 3_600 * second,
} = {}): IdempotencyHarness & { readonly clock: ManualClock } {
  const clock = createManualClock();
  const state = createMemoryIdempotencyState();
  return {
    clock,
    leaseMs,
    keepMs,
    patience,
    freshKey: createKeys(),
    advance: (ms) => clock.advance(ms),
    entries: async () => state.size,
    async connect() {
      const store = createMemoryIdempotencyStore({ clock, state, leaseMs, keepMs });
      return { store, crash: () => store.close() };
    },
    async destroy() {
      await turnOfTheLoop();
    },
  };
}
