import type { Clock } from '../../core/clock.js';
import type { SeededRandom } from '../seeded-random.js';

/**
 * One process of a simulation. All that reaches it or leaves it passes its gate: while it stands still that waits, and
 * once it has crashed it is dropped, so that nothing of it has an effect any more.
 */
export interface SimulatedProcess {
  readonly name: string;
  readonly state: 'running' | 'paused' | 'dead';
  /** Its own view of time: off by its skew, and silent while it stands still. */
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** By how much its wall clock is off. */
  readonly skewMs: number;
  /** Timers that it has set. */
  readonly timers: number;
  /** Runs `task` now, when it goes on again, or never. */
  enter(task: () => void): void;
  /** The same, before all else that waits: a timer of its own that is long overdue. */
  enterFirst(task: () => void): void;
  /** Asks something outside, and hears of it `backMs()` later. Never settles for a process that has crashed. */
  through<T>(operation: () => Promise<T>, backMs?: () => number): Promise<T>;
  pause(): void;
  resume(): void;
  kill(): void;
}

export interface ProcessParts {
  readonly name: string;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly skewMs: number;
}

export function createProcess({ name, clock, random, skewMs }: ProcessParts): SimulatedProcess {
  const timers = new Set<() => void>();
  let state: SimulatedProcess['state'] = 'running';
  let waiting: (() => void)[] = [];

  function enter(task: () => void): void {
    if (state === 'running') task();
    else if (state === 'paused') waiting.push(task);
  }

  function after(ms: number, task: () => void): () => void {
    let isWanted = true;
    const cancelTimer = clock.after(ms, () => {
      timers.delete(cancel);
      enter(() => {
        if (isWanted) task();
      });
    });
    function cancel(): void {
      isWanted = false;
      timers.delete(cancel);
      cancelTimer();
    }
    // What is still running of a dead process sets no timers.
    if (state === 'dead') cancelTimer();
    else timers.add(cancel);
    return cancel;
  }

  function through<T>(operation: () => Promise<T>, backMs: () => number = () => 0): Promise<T> {
    return new Promise((resolve, reject) => {
      const back = (task: () => void): void => {
        const ms = backMs();
        if (ms === 0) enter(task);
        else clock.after(ms, () => enter(task));
      };
      enter(() => {
        operation().then(
          (value) => back(() => resolve(value)),
          (error: unknown) => back(() => reject(error)),
        );
      });
    });
  }

  return {
    name,
    clock: { now: () => clock.now() + skewMs, monotonicMs: () => clock.monotonicMs(), after },
    random,
    skewMs,
    get state() {
      return state;
    },
    get timers() {
      return timers.size;
    },
    enter,
    enterFirst(task) {
      if (state === 'running') task();
      else if (state === 'paused') waiting.unshift(task);
    },
    through,
    pause() {
      if (state === 'running') state = 'paused';
    },
    resume() {
      if (state !== 'paused') return;
      state = 'running';
      const tasks = waiting;
      waiting = [];
      // One after the other, each with what it sets off; what arrives meanwhile may come in between.
      for (const task of tasks) clock.after(0, () => enter(task));
    },
    kill() {
      state = 'dead';
      waiting = [];
      for (const cancel of [...timers]) cancel();
    },
  };
}
