import type { Clock } from '../../src/core/clock.js';
import type { Held, Holder } from './held.js';

/** All deliveries of one address that are out, and until when. One coarse timer watches over all of them. */
export interface Leases {
  add(held: Held): void;
  /** Whether it was still out. */
  remove(held: Held): boolean;
  /** Takes away all that a holder has, the oldest first. */
  removeAllOf(holder: Holder): Held[];
  renew(holder: Holder): void;
}

export interface LeasesOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Renewing does not help beyond this. */
  readonly maxHoldMs: number | undefined;
  readonly onLapse: (held: Held) => void;
}

/** A delivery that is not out. */
const notOut = -1;

export function createLeases({ clock, leaseMs, maxHoldMs = Infinity, onLapse }: LeasesOptions): Leases {
  /** Each knows its place here, and the last one fills a gap: no Set, whose churn would be most of the cost. */
  const out: Held[] = [];
  let cancelTimer: (() => void) | undefined;

  function extend(held: Held, nowMs: number): void {
    held.leaseEndsMs = Math.min(nowMs + leaseMs, held.sinceMs + maxHoldMs);
  }

  function sweep(): void {
    cancelTimer = undefined;
    const nowMs = clock.monotonicMs();
    for (const held of inOrder((each) => each.leaseEndsMs <= nowMs).reverse()) {
      remove(held);
      onLapse(held);
    }
    watch(nowMs);
  }

  function watch(nowMs: number): void {
    if (cancelTimer || out.length === 0) return;
    const endsMs = out.reduce((earliest, held) => Math.min(earliest, held.leaseEndsMs), Infinity);
    cancelTimer = clock.after(endsMs - nowMs, sweep);
  }

  function remove(held: Held): boolean {
    if (held.place === notOut) return false;
    const last = out.pop();
    if (last && last !== held) {
      out[held.place] = last;
      last.place = held.place;
    }
    held.place = notOut;
    held.holder.holding -= 1;
    return true;
  }

  function inOrder(which: (held: Held) => boolean): Held[] {
    return out.filter(which).sort((one, other) => one.number - other.number);
  }

  return {
    add(held) {
      extend(held, held.sinceMs);
      held.place = out.push(held) - 1;
      held.holder.holding += 1;
      if (!cancelTimer) watch(held.sinceMs);
    },
    remove,
    removeAllOf(holder) {
      const taken = inOrder((held) => held.holder === holder);
      for (const held of taken) remove(held);
      if (out.length === 0) {
        cancelTimer?.();
        cancelTimer = undefined;
      }
      return taken;
    },
    renew(holder) {
      const nowMs = clock.monotonicMs();
      for (const held of out) if (held.holder === holder) extend(held, nowMs);
    },
  };
}
