/** Work that must not run within its caller: all that is put off before a turn runs in it, in order. */
export type Turns = (task: () => void) => void;

/** One scheduled turn serves any number of tasks, so that a burst costs one trip round the event loop. */
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
