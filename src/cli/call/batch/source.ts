import { constants, createReadStream, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { CommandParts } from '../../command-parts.js';
import { UsageError } from '../../failure.js';
import { batchLines, type BatchLine } from './lines.js';

export interface BatchSource {
  readonly lines: AsyncGenerator<BatchLine, void>;
  /** How many lines there are; undefined where that cannot be known, or nobody wants to. */
  count(): Promise<number | undefined>;
}

/**
 * The file of a batch, or standard input. A file can be read to its end whenever that is; standard input ends, for us,
 * when `stop` aborts: more may never come.
 */
export async function batchSource(
  given: string,
  { cwd, stdin, stop }: Pick<CommandParts, 'cwd' | 'stdin'> & { readonly stop: AbortSignal },
): Promise<BatchSource> {
  if (given === '-') return { lines: batchLines(until(stop, stdin)), count: () => Promise.resolve(undefined) };
  const path = resolve(cwd, given);
  const found = await readable(path).catch((error: unknown) => {
    throw new UsageError(`expected --batch to name a file that can be read: ${(error as Error).message}`);
  });
  if (found.isDirectory()) throw new UsageError(`expected --batch to name a file, got the folder ${path}`);
  return {
    lines: batchLines(createReadStream(path) as AsyncIterable<Buffer>),
    // A pipe can be read only once.
    count: async () => (found.isFile() ? countLines(path) : undefined),
  };
}

async function readable(path: string): Promise<Stats> {
  await access(path, constants.R_OK);
  return stat(path);
}

async function* until(stop: AbortSignal, stream: Readable): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of addAbortSignal(stop, stream)) yield chunk as Buffer;
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

async function countLines(path: string): Promise<number> {
  let count = 0;
  let last = 0x0a;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) count += 1;
    last = chunk.at(-1) ?? last;
  }
  return last === 0x0a ? count : count + 1;
}
