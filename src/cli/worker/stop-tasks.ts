import { within, type Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';

/** What the set-ups of handler modules leave to be done in the end. */
export interface StopTasks {
  readonly onStop: (task: () => void | Promise<void>) => void;
  /** The last one first, one after the other; one that fails or hangs keeps no other from being done. */
  run(): Promise<void>;
}

const taskLimitMs = 10_000;

export function createStopTasks({ log, clock }: { readonly log: Logger; readonly clock: Clock }): StopTasks {
  const tasks: (() => void | Promise<void>)[] = [];

  async function runOne(task: () => void | Promise<void>): Promise<void> {
    let isOver = false;
    const done = (async () => task())()
      .catch((err: unknown) => log.error({ err }, 'an onStop task of a handler module failed'))
      .finally(() => (isOver = true));
    await within(clock, taskLimitMs, done);
    if (!isOver) log.error({ limitMs: taskLimitMs }, 'an onStop task of a handler module did not end in time');
  }

  return {
    onStop: (task) => void tasks.push(task),
    async run() {
      for (let task = tasks.pop(); task; task = tasks.pop()) await runOne(task);
    },
  };
}
