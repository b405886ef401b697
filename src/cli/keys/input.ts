import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CommandParts } from '../command-parts.js';
import { UsageError } from '../failure.js';

interface From {
  readonly file?: string;
}

/** What the file says, or standard input, without the line break at its end. @throws UsageError for a file that cannot be read. */
export async function inputText({ file }: From, { cwd, stdin }: Pick<CommandParts, 'cwd' | 'stdin'>): Promise<string> {
  const all = file === undefined ? await text(stdin) : await textOf(resolve(cwd, file), '--file');
  return all.replace(/\r?\n$/, '');
}

export async function inputLines(from: From, parts: Pick<CommandParts, 'cwd' | 'stdin'>): Promise<string[]> {
  const all = await inputText(from, parts);
  return all === '' ? [] : all.split(/\r?\n/);
}

/** @throws UsageError naming the option, if the file cannot be read. */
export async function textOf(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`expected ${option} to name a file that can be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
