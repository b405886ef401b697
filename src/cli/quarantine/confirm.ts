import { createInterface } from 'node:readline/promises';
import type { CommandParts } from '../command-parts.js';
import { UsageError } from '../failure.js';

/** Whether whoever sits at the terminal says yes. @throws UsageError where nobody does. */
export async function confirmed(
  question: string,
  { stdin, signal }: Pick<CommandParts, 'stdin' | 'signal'>,
): Promise<boolean> {
  if (!stdin.isTTY) throw new UsageError('expected --yes, since there is no terminal to ask at');
  const lines = createInterface({ input: stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
