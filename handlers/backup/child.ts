import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Clock } from 'samovar';

export interface ChildEnd {
  readonly exitCode: number | null;
  /** The end of what it wrote to its standard error. */
  readonly errorText: string;
}

const graceMs = 5_000;
const mostErrorText = 4_096;

/**
 * Runs a program while `carry` feeds and reads it; resolves once it is gone. It is ended when the signal aborts or
 * `carry` fails. Should this process be killed, the program ends by itself: its pipes are broken.
 * @throws what `carry` threw, the signal's reason, or that there is no such program.
 */
export async function runChild(
  [command, ...args]: readonly [string, ...string[]],
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
  carry: (child: ChildProcessWithoutNullStreams) => Promise<void>,
): Promise<ChildEnd> {
  signal.throwIfAborted();
  // The environment could change what tar does (TAR_OPTIONS) and the language of its errors. Detached, because a
  // Ctrl-C in the terminal is for the worker, which lets what runs end in its time.
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env });
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-mostErrorText);
  });
  const closed = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, errorText }));
  });
  let disarm: (() => void) | undefined;
  function stop(): void {
    child.kill('SIGTERM');
    disarm ??= clock.after(graceMs, () => child.kill('SIGKILL'));
  }
  async function carried(): Promise<void> {
    try {
      await carry(child);
    } catch (error) {
      stop();
      throw error;
    }
  }

  signal.addEventListener('abort', stop, { once: true });
  try {
    const [carrying, ending] = await Promise.allSettled([carried(), closed]);
    signal.throwIfAborted();
    if (ending.status === 'rejected') throw ending.reason;
    // A program that gave up breaks the pipe: its own words say why.
    const gaveUp = ending.value.exitCode !== 0 && ending.value.exitCode !== null;
    if (carrying.status === 'rejected' && !(gaveUp && isBrokenPipe(carrying.reason))) throw carrying.reason;
    return ending.value;
  } finally {
    signal.removeEventListener('abort', stop);
    disarm?.();
  }
}

/** The other side of a pipe has ended. */
export function isBrokenPipe(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET';
}
