import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Knows what has to be ended or removed if this process dies before it has done so itself. */
export interface Guardian {
  watch(subject: number | string): void;
  forget(subject: number | string): void;
}

let running: Guardian | undefined;

/** The guardian of this process: a child that outlives it just long enough to clean up. Pids are killed, folders removed. */
export function guardian(): Guardian {
  return (running ??= startGuardian());
}

function startGuardian(): Guardian {
  const child = spawn(process.execPath, [fileURLToPath(new URL('guardian.mjs', import.meta.url))], {
    // Out of reach of a Ctrl-C in the terminal, which would end it together with those it guards against.
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.unref();
  const { stdin } = child;
  // Typed as a plain stream, but a pipe is a socket; it must not keep this process alive.
  if (stdin instanceof Socket) stdin.unref();
  const tell = (what: string, subject: number | string) => stdin.write(`${JSON.stringify([what, subject])}\n`);
  return { watch: (subject) => tell('watch', subject), forget: (subject) => tell('forget', subject) };
}
