import { systemClock, type Clock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import type { Abandoned, Claim, IdempotencyStore, Running, Settled, StoredReply } from '../idempotency.js';
import { createLease } from './lease.js';
import {
  createMemoryIdempotencyState,
  forget,
  isStill,
  rest,
  resume,
  start,
  type AbandonedPhase,
  type KeyRecord,
  type MemoryIdempotencyState,
  type RunningPhase,
} from './records.js';
import { createSweep } from './sweep.js';
import { createWatch } from './watch.js';

export { createMemoryIdempotencyState, type MemoryIdempotencyState } from './records.js';

export interface MemoryIdempotencyOptions {
  readonly clock?: Clock;
  /** Shared with other stores, each of which then stands for a process. */
  readonly state?: MemoryIdempotencyState;
  /** With a shared state: how long after its store was closed a claim counts as abandoned; 10 s by default. */
  readonly leaseMs?: number;
  /** How long an answer is kept, and a claim that was abandoned; 24 hours by default. */
  readonly keepMs?: number;
  /** How many keys are remembered at most; 100,000 by default. Beyond, what has rested longest is forgotten first. */
  readonly maxRecords?: number;
  /** How long the answers remembered may be together, in characters; 128 Mi by default. Beyond, as above. */
  readonly maxCharacters?: number;
}

/**
 * Remembers keys while the process lives: not durable. While `maxRecords` of them run at once, a claim of another is
 * refused as `busy`, not_executed.
 *
 * A claim has a signal only with a shared state, since one process alone cannot lose its claims. It is one signal for
 * all claims of the store, so a listener put on it must be taken off again, and aborts for claims that are open two
 * thirds of a lease after `close`. After `close`, who waits or comes is refused as `unavailable`, not_executed.
 */
export function createMemoryIdempotencyStore(
  options: MemoryIdempotencyOptions = {},
): IdempotencyStore & AsyncDisposable {
  const {
    clock = systemClock,
    leaseMs = 10_000,
    keepMs = 86_400_000,
    maxRecords = 100_000,
    maxCharacters = 2 ** 27,
  } = options;
  const state = options.state ?? createMemoryIdempotencyState();
  const lease = createLease({ clock, leaseMs, on: 'claims' });
  const watch = createWatch(closedError);
  const sweep = createSweep({ clock, keepMs, state });

  async function read(key: string) {
    return found(key) ?? ({ state: 'none' } as const);
  }

  async function claim(key: string, fingerprint: string) {
    const known = found(key);
    if (known) return known.fingerprint === fingerprint ? known : ({ state: 'mismatch' } as const);
    if (state.size >= maxRecords) makeRoom();
    const running: RunningPhase = { state: 'running', starts: 1, lease };
    return claimed(start(state, key, fingerprint, running), running);
  }

  function found(key: string): Running | Abandoned | Settled | undefined {
    if (lease.stopped) throw closedError();
    const record = state.running.get(key) ?? state.resting.get(key);
    if (record?.phase?.state !== 'running' && record && record.forgetAtMs <= clock.monotonicMs()) forget(state, record);
    switch (record?.phase?.state) {
      case 'settled':
        return record.phase;
      case 'running':
        return running(record, record.phase);
      case 'abandoned':
        return abandoned(record, record.phase);
      case undefined:
        return undefined;
    }
  }

  function makeRoom(): void {
    const { oldest } = state.chain;
    if (!oldest) throw fullError(maxRecords);
    forget(state, oldest);
  }

  function running(record: KeyRecord, phase: RunningPhase): Running {
    return {
      state: 'running',
      fingerprint: record.fingerprint,
      async changed(signal) {
        signal.throwIfAborted();
        if (lease.stopped) throw closedError();
        if (record.phase === phase) await watch.changed(record, signal);
      },
    };
  }

  function abandoned(record: KeyRecord, phase: AbandonedPhase): Abandoned {
    return {
      state: 'abandoned',
      fingerprint: record.fingerprint,
      starts: phase.was.starts,
      async park(reply) {
        if (lease.stopped) throw closedError();
        if (record.phase !== phase) return 'lost';
        keep(record, reply);
        return 'parked';
      },
      async takeOver() {
        if (lease.stopped) throw closedError();
        if (record.phase !== phase) return 'lost';
        const again: RunningPhase = { state: 'running', starts: phase.was.starts + 1, lease };
        resume(state, record, again);
        return claimed(record, again);
      },
    };
  }

  function claimed(record: KeyRecord, phase: RunningPhase): Claim {
    return {
      state: 'fresh',
      starts: phase.starts,
      ...(options.state && { signal: lease.signal }),
      async settle(reply) {
        if (!isStill(record, phase)) return 'lost';
        keep(record, reply);
        lease.drop();
        return 'recorded';
      },
      async release() {
        if (!isStill(record, phase)) return;
        forget(state, record);
        lease.drop();
      },
      async abandon() {
        if (record.phase !== phase) return;
        rest(state, record, { state: 'abandoned', was: phase }, clock.monotonicMs() + keepMs);
        lease.drop();
      },
    };
  }

  function keep(record: KeyRecord, reply: StoredReply): void {
    rest(state, record, { state: 'settled', fingerprint: record.fingerprint, reply }, clock.monotonicMs() + keepMs);
    while (state.characters > maxCharacters && state.chain.oldest && state.chain.oldest !== record) {
      forget(state, state.chain.oldest);
    }
    if (!lease.stopped) sweep.arm();
  }

  async function close(): Promise<void> {
    if (lease.stopped) return;
    sweep.cancel();
    const mine: (() => void)[] = [];
    for (const record of options.state?.running.values() ?? []) {
      const { phase } = record;
      if (phase?.state !== 'running' || phase.lease !== lease) continue;
      mine.push(() => {
        if (record.phase !== phase) return;
        rest(state, record, { state: 'abandoned', was: phase }, clock.monotonicMs() + keepMs);
      });
    }
    lease.stop(mine.length, () => {
      for (const abandon of mine) abandon();
    });
    watch.close();
  }

  return { durable: false, read, claim, close, [Symbol.asyncDispose]: close };
}

function fullError(maxRecords: number): RpcError {
  return new RpcError(
    'busy',
    `expected at most ${maxRecords} idempotency keys to run at once, got one more; raise maxRecords or retry later`,
    { outcome: 'not_executed' },
  );
}

function closedError(): RpcError {
  return new RpcError('unavailable', 'expected an open idempotency store, got one that was closed', {
    outcome: 'not_executed',
  });
}
