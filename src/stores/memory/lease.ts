import { setMaxListeners } from 'node:events';
import type { Clock } from '../../core/clock.js';

export interface LeaseOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** What the lease is on, for the error that its signal aborts with. */
  readonly on: 'locks' | 'claims';
}

/**
 * What one provider holds in a shared state, as if it were a process of its own. While it is open it holds by being
 * there, so nothing has to be renewed and nothing can be lost; only once it stops does time count.
 */
export interface Lease {
  /** Aborts two thirds of a lease after `stop`: what is held can no longer be relied on. One signal for all holdings. */
  readonly signal: AbortSignal;
  readonly stopped: boolean;
  /** Renews no more: a lease from now `lapse` is called, unless all `holdings` were dropped before. */
  stop(holdings: number, lapse: () => void): void;
  /** One holding ended by itself; with the last one of a stopped lease its timer goes. */
  drop(): void;
}

export function createLease({ clock, leaseMs, on }: LeaseOptions): Lease {
  const lost = new AbortController();
  // Every holding may listen, and a warning about more than ten listeners would be a false alarm on standard error.
  setMaxListeners(0, lost.signal);
  let stopped = false;
  let left = 0;
  let cancel: () => void = () => undefined;

  function stop(holdings: number, lapse: () => void): void {
    if (stopped) return;
    stopped = true;
    left = holdings;
    if (left === 0) return;
    const reliableMs = (leaseMs * 2) / 3;
    cancel = clock.after(reliableMs, () => {
      cancel = clock.after(leaseMs - reliableMs, lapse);
      lost.abort(
        new Error(`expected the lease on these ${on} to be renewed, got no renewal for two thirds of ${leaseMs} ms`),
      );
    });
  }

  function drop(): void {
    if (stopped && (left -= 1) === 0) cancel();
  }

  return {
    signal: lost.signal,
    get stopped() {
      return stopped;
    },
    stop,
    drop,
  };
}
