import { createProgram } from '../../src/cli/program.js';
import { recordedTerminal } from './recorded-terminal.js';

/** `samovar` with these words, in this process; `code` is undefined where the command left it as it was. */
export async function runCommand(words: readonly string[], { cwd }: { readonly cwd: string }) {
  const terminal = recordedTerminal();
  let code: number | undefined;
  const parts = {
    terminal,
    env: {},
    cwd,
    stdin: process.stdin,
    signal: new AbortController().signal,
    exitWith: (given: number) => void (code = given),
  };
  const program = await createProgram(parts, words);
  await program.parseAsync(['node', 'samovar', ...words]);
  return { code, lines: terminal.lines, errors: terminal.errors };
}
