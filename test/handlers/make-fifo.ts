import { execFileSync } from 'node:child_process';

/** Makes a named pipe: whoever reads from it waits until somebody writes to it. */
export function makeFifo(path: string): void {
  execFileSync('sh', ['-c', 'exec mkfifo "$0"', path]);
}
