import type { Clock } from '../../core/clock.js';
import { forget, type MemoryIdempotencyState } from './records.js';

export interface SweepOptions {
  readonly clock: Clock;
  readonly keepMs: number;
  readonly state: MemoryIdempotencyState;
}

/** Frees what is due to be forgotten and nobody asks for any more, with one timer for all. */
export interface Sweep {
  /** Something will have to be forgotten in time. */
  arm(): void;
  cancel(): void;
}

/** What is due is never shown, so freeing it may come later: it must not cost a timer per record. */
const sweepsPerKeepTime = 24;

export function createSweep({ clock, keepMs, state }: SweepOptions): Sweep {
  let cancelTimer: (() => void) | undefined;

  function arm(): void {
    cancelTimer ??= clock.after(keepMs, sweep);
  }

  function sweep(): void {
    const nowMs = clock.monotonicMs();
    let next = state.chain.oldest;
    for (; next && next.forgetAtMs <= nowMs; next = state.chain.oldest) forget(state, next);
    cancelTimer = next && clock.after(Math.max(next.forgetAtMs - nowMs, keepMs / sweepsPerKeepTime), sweep);
  }

  function cancel(): void {
    cancelTimer?.();
    cancelTimer = undefined;
  }

  return { arm, cancel };
}
