import type { Abandoned, Claim, IdempotencyStore, Running } from '../../stores/idempotency.js';
import { createMemoryIdempotencyStore } from '../../stores/memory/idempotency.js';
import type { TrackedClaim } from './history.js';
import { openLease } from './lease.js';
import { awayError } from './locks.js';
import type { SimulatedProcess } from './process.js';
import { latencyMs, type World } from './world.js';

export const claimLeaseMs = 10_000;
const keepMs = 172_800_000;

/** The idempotency keys of one process, in a durable store that all share: with leases, and away at times. */
export function createSimulatedKeys(world: World, process: SimulatedProcess): IdempotencyStore {
  const { clock, keys: state, recorder } = world;

  function ask<T>(operation: () => Promise<T>): Promise<T> {
    return process.through(
      async () => {
        if (world.away.keys) throw awayError('idempotency keys');
        return operation();
      },
      () => latencyMs(world),
    );
  }

  // One store for each question, so that each claim can lapse by itself.
  const open = () => createMemoryIdempotencyStore({ clock, state, keepMs, leaseMs: 1 });

  function ofRunning(running: Running): Running {
    return { ...running, changed: (signal) => ask(() => running.changed(signal)) };
  }

  function ofAbandoned(key: string, owner: string, abandoned: Abandoned): Abandoned {
    return {
      ...abandoned,
      park: (reply) => ask(() => abandoned.park(reply)),
      takeOver: () =>
        ask(async () => {
          const store = open();
          const found = await store.read(key);
          const isSame = found.state === 'abandoned' && found.starts === abandoned.starts;
          const taken = isSame ? await found.takeOver() : 'lost';
          return taken === 'lost' ? taken : ofClaim(key, owner, taken, store);
        }),
    };
  }

  function ofClaim(key: string, messageId: string, claim: Claim, store: AsyncDisposable): Claim {
    const openedAtMs = clock.monotonicMs();
    const tracked: TrackedClaim = {
      ...{ key, messageId, node: process.name, openedAtMs, stoppedAtMs: undefined, state: 'open' },
    };
    recorder.history.claims.push(tracked);
    const lost = new AbortController();
    const note = (what: 'claimed' | 'recorded' | 'released' | 'claim lapsed'): void =>
      recorder.event({ column: 'store', who: 'keys', what, messageId, detail: process.name });
    note('claimed');
    const lease = openLease({
      ...{ world, process, store: 'keys', leaseMs: claimLeaseMs },
      onStop: () => void (tracked.stoppedAtMs ??= clock.monotonicMs()),
      onLost: () => lost.abort(new Error('the lease of this claim was not renewed in time')),
      onLapse() {
        if (tracked.state === 'open') tracked.state = 'lapsed';
        note('claim lapsed');
        void store[Symbol.asyncDispose]();
      },
    });
    function end(as: 'recorded' | 'released'): void {
      lease.end();
      if (tracked.state !== 'open' && as === 'released') return;
      tracked.state = as;
      note(as);
    }
    return {
      state: 'fresh',
      starts: claim.starts,
      signal: lost.signal,
      settle: (reply) =>
        ask(async () => {
          const settled = await claim.settle(reply);
          if (settled === 'recorded') end('recorded');
          return settled;
        }),
      release: (after) =>
        ask(async () => {
          await claim.release(after);
          end('released');
        }),
      abandon: () =>
        process.through(async () => {
          // Where the store is away it lapses with its lease.
          tracked.state = 'released';
          if (world.away.keys) {
            lease.stop();
            return;
          }
          await claim.abandon();
          lease.end();
          note('released');
        }),
    };
  }

  return {
    durable: true,
    remembersMs: keepMs,
    read: (key) =>
      ask(async () => {
        const found = await open().read(key);
        if (found.state === 'running') return ofRunning(found);
        return found.state === 'abandoned' ? ofAbandoned(key, '', found) : found;
      }),
    claim: (key, fingerprint, owner) =>
      ask(async () => {
        const store = open();
        const found = await store.claim(key, fingerprint, owner);
        if (found.state === 'fresh') return ofClaim(key, owner.messageId, found, store);
        if (found.state === 'running') return ofRunning(found);
        return found.state === 'abandoned' ? ofAbandoned(key, owner.messageId, found) : found;
      }),
    close: () => Promise.resolve(),
  };
}
