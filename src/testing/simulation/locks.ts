import { RpcError } from '../../core/errors.js';
import type { Held, LockProvider } from '../../stores/lock.js';
import { createMemoryLockProvider } from '../../stores/memory/lock.js';
import type { TrackedHold } from './history.js';
import { openLease } from './lease.js';
import type { SimulatedProcess } from './process.js';
import { latencyMs, type World } from './world.js';

export const lockLeaseMs = 30_000;

/** The locks of one process, in a store that all share: with leases, and away at times. */
export function createSimulatedLocks(world: World, process: SimulatedProcess): LockProvider {
  const { clock, locks: state, recorder } = world;
  const { holds } = recorder.history;

  function note(what: 'locked' | 'unlocked' | 'lock lapsed', owner: string): void {
    recorder.event({ column: 'store', who: 'locks', what, messageId: owner, detail: process.name });
  }

  return {
    async hold(keys, options, work) {
      await process.through(
        async () => {
          if (world.away.locks) throw awayError('locks');
        },
        () => latencyMs(world),
      );
      // One provider for each hold, so that each can lapse by itself.
      const provider = createMemoryLockProvider({ clock, state, leaseMs: 1 });
      const { owner, ancestors, onWait } = options;
      const lost = new AbortController();

      return new Promise((resolve, reject) => {
        const waits = {
          get signal() {
            return options.signal;
          },
          owner,
          ancestors,
          onWait,
        };
        const granted = ({ fence }: Held): Promise<void> =>
          new Promise((release) => {
            const hold: TrackedHold = { owner, node: process.name, state: 'held' };
            holds.push(hold);
            note('locked', owner);
            const lease = openLease({
              ...{ world, process, store: 'locks', leaseMs: lockLeaseMs },
              onLost: () => lost.abort(new Error('the lease of these locks was not renewed in time')),
              onLapse() {
                hold.state = 'lapsed';
                note('lock lapsed', owner);
                void provider.close();
              },
            });
            const giveBack = (then: () => void): void => {
              process.enter(() => {
                lease.end();
                if (hold.state === 'held') {
                  hold.state = 'released';
                  note('unlocked', owner);
                }
                release();
                then();
              });
            };
            process.enter(() => {
              work({ signal: lost.signal, check: () => lease.check(), fence }).then(
                (value) => giveBack(() => resolve(value)),
                (error: unknown) => giveBack(() => reject(error)),
              );
            });
          });
        provider.hold(keys, waits, granted).catch((error: unknown) => process.enter(() => reject(error)));
      });
    },
    close: () => Promise.resolve(),
  };
}

export function awayError(what: string): RpcError {
  return new RpcError('unavailable', `expected the store of ${what} to answer, got nothing: it is away`, {
    outcome: 'not_executed',
  });
}
