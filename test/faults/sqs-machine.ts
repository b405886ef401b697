import type { Clock } from '../../src/core/clock.js';
import type { SqsRequestHandler } from '../../src/testing/index.js';

/** The time and the network of one process, which can stand still and die. */
export interface Machine {
  readonly clock: Clock;
  readonly requestHandler: SqsRequestHandler;
  /** Work that leads out of the process: begun and answered only while it runs. */
  readonly does: <T>(work: () => Promise<T>) => Promise<T>;
  /** As SIGSTOP: no timer fires, and no answer is read. */
  pause(): void;
  /** As SIGCONT: answers that came meanwhile are read, and what is overdue fires. */
  resume(): void;
  /** As SIGKILL: for good. What SQS was doing for it goes on there. */
  kill(): void;
  readonly isDead: boolean;
  readonly isRunning: boolean;
}

export function createMachine(clock: Clock, requestHandler: SqsRequestHandler): Machine {
  let state: 'runs' | 'paused' | 'dead' = 'runs';
  let late: (() => void)[] = [];

  function when(task: () => void): void {
    if (state === 'runs') task();
    else if (state === 'paused') late.push(task);
  }

  function does<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      when(() => {
        work().then(
          (value) => when(() => resolve(value)),
          (error: unknown) => when(() => reject(error)),
        );
      });
    });
  }

  return {
    clock: { ...clock, after: (ms, task) => clock.after(ms, () => when(task)) },
    requestHandler: {
      ...requestHandler,
      handle: (...call) => does(() => requestHandler.handle(...call)),
    },
    does,
    pause() {
      if (state === 'runs') state = 'paused';
    },
    resume() {
      if (state === 'dead') return;
      state = 'runs';
      const tasks = late;
      late = [];
      for (const task of tasks) task();
    },
    kill() {
      state = 'dead';
      late = [];
    },
    get isDead() {
      return state === 'dead';
    },
    get isRunning() {
      return state === 'runs';
    },
  };
}
