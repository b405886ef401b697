import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { CommandParts } from '../command-parts.js';
import { UsageError } from '../failure.js';
import { utf8Of } from '../utf8.js';

interface From {
  readonly file?: string;
}

/** What the file says, or standard input, without the line break at its end. @throws UsageError for what cannot be read. */
export async function inputText({ file }: From, { cwd, stdin }: Pick<CommandParts, 'cwd' | 'stdin'>): Promise<string> {
  const all =
    file === undefined ? utf8Of(await buffer(stdin), 'standard input') : await textOf(resolve(cwd, file), '--file');
  return all.replace(/\r?\n$/, '');
}

export async function inputLines(from: From, parts: Pick<CommandParts, 'cwd' | 'stdin'>): Promise<string[]> {
  const all = await inputText(from, parts);
  return all === '' ? [] : all.split(/\r?\n/);
}

/** @throws UsageError naming the option, if the file cannot be read. */
export async function textOf(path: string, option: string): Promise<string> {
  try {
    return utf8Of(await readFile(path), option);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`expected ${option} to name a file that can be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
