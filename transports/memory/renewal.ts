import type { Clock } from '../../src/core/clock.js';

/** The heartbeat that keeps leases alive: beats while anything is held, and rests when nothing is. */
export interface Renewal {
  start(): void;
  stop(): void;
}

export function createRenewal(clock: Clock, everyMs: number, beat: () => 'again' | 'rest'): Renewal {
  let cancelTimer: (() => void) | undefined;

  function onDue(): void {
    cancelTimer = beat() === 'again' ? clock.after(everyMs, onDue) : undefined;
  }

  return {
    start() {
      cancelTimer ??= clock.after(everyMs, onDue);
    },
    stop() {
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
