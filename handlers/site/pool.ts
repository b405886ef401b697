import { spawn, type ChildProcess } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import type { Clock, Logger } from 'samovar';

export interface PoolSettings {
  readonly command: readonly string[];
  /** The process is up once it has written this to its standard output; without it, once it runs. */
  readonly readyText?: string | undefined;
}

export type PoolState = 'running' | 'crashed' | 'down';

/** A process that is kept, and replaced on request. What it has started ends with it. */
export interface Pool {
  readonly state: PoolState;
  readonly pid: number | undefined;
  /**
   * Ends the process, if there is one, and starts another; resolves once that is up. One at a time. Given up in between,
   * it leaves the new process to come up by itself: a slow pool is better than none.
   * @throws PoolStartError
   */
  restart(signal: AbortSignal): Promise<{ readonly pid: number; readonly restarts: number }>;
  /** Ends the process; it stays away. */
  stop(): Promise<void>;
}

/** A new process of a pool ended before it was up. */
export class PoolStartError extends Error {
  override readonly name = 'PoolStartError';
}

const graceMs = 5_000;
const mostOutput = 2_048;

export function createPool(name: string, settings: PoolSettings, parts: { clock: Clock; log: Logger }): Pool {
  const { clock, log } = parts;
  let child: ChildProcess | undefined;
  let state: PoolState = 'down';
  let starts = 0;

  async function start(signal: AbortSignal): Promise<number> {
    const starting = run(settings.command);
    child = starting;
    // 'error': there is no such program; 'exit' does not follow.
    const ended = new Promise<string>((resolve) => {
      starting.once('error', (error) => resolve(error.message));
      starting.once('exit', (code, by) => resolve(`it ended with ${by ?? code ?? 'nothing'}`));
    });
    const { aborted, off } = abortOf(signal);
    try {
      const end = await Promise.race([ended, aborted, up(starting, settings.readyText)]);
      if (end !== undefined) throw new PoolStartError(end);
    } finally {
      off();
      if (isRunning(starting) && child === starting) watch(starting, ended);
    }
    starts += 1;
    return starting.pid ?? 0;
  }

  function watch(running: ChildProcess, ended: Promise<string>): void {
    state = 'running';
    void ended.then((end) => {
      if (child !== running) return;
      state = 'crashed';
      log.error({ pool: name, pid: running.pid, end }, 'the process of a pool ended by itself');
    });
  }

  async function stop(): Promise<void> {
    const ending = child;
    child = undefined;
    state = 'down';
    if (ending) await endOf(ending, clock);
  }

  return {
    get state() {
      return state;
    },
    get pid() {
      return state === 'running' ? child?.pid : undefined;
    },
    async restart(signal) {
      signal.throwIfAborted();
      await stop();
      const pid = await start(signal);
      return { pid, restarts: starts - 1 };
    },
    stop,
  };
}

function run([command = '', ...args]: readonly string[]): ChildProcess {
  // Its standard input ends with this process, however that ends. A group of its own, so that it can be ended with all
  // that it has started, and a Ctrl-C in the terminal does not end it before the worker has drained.
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const { pid } = child;
  // Also after a crash: what is left would keep the port from the next process.
  if (pid !== undefined) child.once('exit', () => endRest(pid));
  return child;
}

async function up(child: ChildProcess, readyText: string | undefined): Promise<undefined> {
  const { stdout } = child;
  if (readyText === undefined) {
    stdout?.resume();
    // Fails for a program that is not there; that is told by its 'error' already.
    await once(child, 'spawn').catch(() => never());
    return;
  }
  await new Promise<void>((resolve) => {
    let output = '';
    stdout?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-mostOutput);
      if (output.includes(readyText)) resolve();
    });
  });
}

const never = (): Promise<void> => new Promise(() => undefined);

function abortOf(signal: AbortSignal): { readonly aborted: Promise<never>; readonly off: () => void } {
  let off = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    // All pools of a worker may start at once, with one signal.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort, { once: true });
    off = () => signal.removeEventListener('abort', onAbort);
  });
  return { aborted, off };
}

/** SIGTERM to the process and what it has started, SIGKILL after a while; resolves once it is gone. */
async function endOf(child: ChildProcess, clock: Clock): Promise<void> {
  const { pid } = child;
  if (pid === undefined || !isRunning(child)) return;
  const gone = once(child, 'exit');
  signalGroup(pid, 'SIGTERM');
  const disarm = clock.after(graceMs, () => signalGroup(pid, 'SIGKILL'));
  await gone;
  disarm();
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function endRest(group: number): void {
  try {
    signalGroup(group, 'SIGKILL');
  } catch {
    // What is left runs as another user: nobody here may end it.
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
