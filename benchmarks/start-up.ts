import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Table } from './group.js';
import { spreadOf } from './statistics.js';

/** The command line as it is installed. */
export const samovar = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));

const commands: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'samovar --version': [samovar, '--version'],
  'samovar --help': [samovar, '--help'],
  'samovar worker --help': [samovar, 'worker', '--help'],
};

/** How long commands take from their start to their end; they take turns. */
export function measureStartUp(rounds: number): Table {
  const tookMs = new Map(Object.keys(commands).map((name): [string, number[]] => [name, []]));
  // The first turn warms the cache of the file system.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, args] of Object.entries(commands)) {
      const ms = timed(args);
      if (round > 0) tookMs.get(name)?.push(ms);
    }
  }
  return {
    title: 'Start-up',
    note: `From the start of the process to its end, in milliseconds: ${rounds} times each, in turn.`,
    columns: ['command', 'median ms', 'min ms', 'max ms'],
    rows: [...tookMs].map(([name, ms]) => {
      const { median, min, max } = spreadOf(ms);
      return [name, median, min, max];
    }),
  };
}

function timed(args: readonly string[]): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args);
  const ms = performance.now() - startedMs;
  if (status !== 0) throw new Error(`expected node ${args.join(' ')} to succeed, got ${status}: ${String(stderr)}`);
  return ms;
}
