import type { Clock } from '../../src/core/clock.js';
import type { SqsRequestHandler } from '../../src/testing/index.js';

/** The time and the network of one process, which can stand still and die. */
export interface Machine {
  readonly clock: Clock;
  readonly requestHandler: SqsRequestHandler;
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

  return {
    clock: { ...clock, after: (ms, task) => clock.after(ms, () => when(task)) },
    requestHandler: {
      ...requestHandler,
      handle: (...call) =>
        new Promise((resolve, reject) => {
          when(() => {
            requestHandler.handle(...call).then(
              (answer) => when(() => resolve(answer)),
              (error: unknown) => when(() => reject(error)),
            );
          });
        }),
    },
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
