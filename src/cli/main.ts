#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodes, signalExitCodes } from './exit-codes.js';
import { failureOf } from './failure.js';
import { createProgram } from './program.js';
import { createTerminal } from './terminal.js';

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env });
const ending = new AbortController();

for (const [signal, exitCode] of Object.entries(signalExitCodes)) {
  // Once: a second one ends the process on the spot.
  process.once(signal, () => {
    process.exitCode = exitCode;
    ending.abort(new Error(`ended by ${signal}`));
  });
}

const program = createProgram({
  terminal,
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  signal: ending.signal,
  exitWith: (code) => void (process.exitCode = code),
});

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else if (!ending.signal.aborted) {
    const { exitCode, line } = failureOf(error);
    terminal.writeError(line);
    process.exitCode = exitCode;
  }
}
