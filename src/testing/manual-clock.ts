import type { Clock } from '../core/clock.js';

export interface ManualClockOptions {
  /** What `now()` says at first, in epoch milliseconds. */
  readonly startMs?: number;
  /** Lets what a timer set off come to rest before time goes on; a few turns of the event loop by default. */
  readonly settle?: () => Promise<void>;
}

/** Time that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms` and runs what falls due, in order, each at its own time; what one timer sets off settles
   * before the next one runs. Timers that are set on the way run too if they fall due.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock right or wrong by `ms`: `now()` jumps, timers and `monotonicMs()` do not notice. */
  jump(ms: number): void;
  /** How many timers are set. */
  pending(): number;
  /** In how many milliseconds the next timer is due, if one is set. */
  nextInMs(): number | undefined;
}

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** So many timers without time passing are a loop that would never end. */
const mostAtOneInstant = 100_000;

export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  const { startMs = Date.UTC(2030, 0, 1), settle = settleTurns } = options;
  const timers: Timer[] = [];
  let elapsedMs = 0;
  let wallMs = startMs;

  function after(ms: number, task: () => void): () => void {
    if (Number.isNaN(ms)) throw new RangeError('expected a delay in milliseconds, got NaN');
    const timer: Timer = { dueMs: elapsedMs + Math.max(0, ms), task };
    timers.splice(placeAfter(timers, timer.dueMs), 0, timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  }

  function moveTo(targetMs: number): void {
    wallMs += targetMs - elapsedMs;
    elapsedMs = targetMs;
  }

  async function advance(ms: number): Promise<void> {
    const targetMs = elapsedMs + ms;
    let atOneInstant = 0;
    await settle();
    for (let next = timers[0]; next && next.dueMs <= targetMs; next = timers[0]) {
      atOneInstant = next.dueMs > elapsedMs ? 0 : atOneInstant + 1;
      if (atOneInstant > mostAtOneInstant) {
        throw new Error(
          `expected time to pass, got ${mostAtOneInstant} timers due at once: something loops without a delay`,
        );
      }
      timers.shift();
      moveTo(next.dueMs);
      next.task();
      await settle();
    }
    moveTo(Math.max(targetMs, elapsedMs));
  }

  return {
    now: () => wallMs,
    monotonicMs: () => elapsedMs,
    after,
    advance,
    jump: (ms) => void (wallMs += ms),
    pending: () => timers.length,
    nextInMs: () => timers[0] && Math.max(0, timers[0].dueMs - elapsedMs),
  };
}

/** Where a timer due then goes: behind all that are due no later, so that equal ones run in the order they were set. */
function placeAfter(timers: readonly Timer[], dueMs: number): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const timer = timers[middle];
    if (timer && timer.dueMs <= dueMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each turn runs every microtask there is, and what was put off by `setImmediate` before. */
async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
