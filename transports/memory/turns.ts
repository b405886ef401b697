/** Work that must not run within its caller: all that is put off before a turn runs in it, in order. */
export type Turns = (task: () => void) => void;

/** One scheduled turn serves any number of tasks, so that a burst costs one. */
export function createTurns(schedule: (turn: () => void) => void): Turns {
  let tasks: (() => void)[] = [];

  function run(): void {
    const due = tasks;
    tasks = [];
    for (const task of due) task();
  }

  return (task) => {
    if (tasks.push(task) === 1) schedule(run);
  };
}

/** So many turns follow each other before the event loop goes round, for timers and sockets. */
const turnsPerRound = 32;

/**
 * Runs turns soon, and never before the microtasks of whoever asks for one are done. A round of the event loop for each
 * took a fifth of all that a call takes.
 */
export function createSoon(): (turn: () => void) => void {
  const now = Promise.resolve();
  let turns = 0;
  return (turn) => {
    turns = (turns + 1) % turnsPerRound;
    if (turns === 0) setImmediate(turn);
    else void now.then(() => process.nextTick(turn));
  };
}
