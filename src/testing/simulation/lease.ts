import type { SimulatedProcess } from './process.js';
import type { World } from './world.js';

/** What a process has in a store for as long as it renews it. */
export interface SimulatedLease {
  readonly process: SimulatedProcess;
  readonly store: 'locks' | 'keys';
  /** Its process stands still, has crashed, or cannot reach the store: from now on it is not renewed. */
  stop(): void;
  /** The reason of one `stop` is over. */
  goOn(): void;
  /** By the clock of its process, whose timers may be late. */
  check(): void;
  /** It was given back. */
  end(): void;
}

export interface LeaseParts {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly store: SimulatedLease['store'];
  readonly leaseMs: number;
  /** The first time that it is not renewed. */
  readonly onStop?: () => void;
  /** In the process: it can no longer rely on it. */
  readonly onLost: () => void;
  /** In the store: others may have it. */
  readonly onLapse: () => void;
}

export function openLease({ world, process, store, leaseMs, onStop, onLost, onLapse }: LeaseParts): SimulatedLease {
  const { clock, leases, random } = world;
  let stops = 0;
  let isLost = false;
  let cancels: (() => void)[] = [];

  function cancel(): void {
    for (const each of cancels) each();
    cancels = [];
  }

  const lease: SimulatedLease = {
    process,
    store,
    stop() {
      if ((stops += 1) > 1) return;
      onStop?.();
      // It was renewed at each third; the last time was up to a third ago.
      const leftMs = leaseMs - random.below(Math.floor(leaseMs / 3));
      cancels = [
        clock.after(leftMs - Math.floor(leaseMs / 3), () => {
          isLost = true;
          process.enterFirst(onLost);
        }),
        clock.after(leftMs, () => {
          lease.end();
          onLapse();
        }),
      ];
    },
    goOn() {
      if ((stops -= 1) === 0) cancel();
    },
    check() {
      if (isLost) onLost();
    },
    end() {
      cancel();
      leases.delete(lease);
    },
  };
  leases.add(lease);
  if (world.away[store]) lease.stop();
  if (process.state !== 'running') lease.stop();
  return lease;
}
