#!/usr/bin/env node
import { CommanderError } from 'commander';
import type { CommandParts } from './command-parts.js';
import { exitCodes, signalExitCodes } from './exit-codes.js';
import { failureOf } from './failure.js';
import { createProgram } from './program.js';
import { createTerminal } from './terminal.js';

const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env });
const ending = new AbortController();
const insisting = new AbortController();
let lingers = false;

for (const [signal, exitCode] of Object.entries(signalExitCodes)) {
  process.on(signal, () => {
    if (ending.signal.aborted) {
      const mayLinger = lingers && !insisting.signal.aborted;
      insisting.abort(new Error(`ended by a second ${signal}`));
      if (!mayLinger) process.exit(exitCode);
    }
    process.exitCode = exitCode;
    ending.abort(new Error(`ended by ${signal}`));
  });
}
// Whoever read the log may go before us.
process.stderr.on('error', () => undefined);
// Without anybody to read the answers there is no use in going on.
let outputError: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => {
  // What has failed already stays what it was.
  if (!process.exitCode) outputError ??= error;
  ending.abort(new Error('nobody reads the output'));
});

const parts: CommandParts = {
  terminal,
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  signal: ending.signal,
  insisted: insisting.signal,
  linger: () => void (lingers = true),
  exitWith: (code) => void (process.exitCode = code),
};

// A command that ends does so below: nothing is left that could go on.
process.once('beforeExit', () => {
  terminal.writeError('samovar: it waits for something that never comes; does a handler module leave a promise open?');
  process.exit(exitCodes.bug);
});

try {
  const program = await createProgram(parts, process.argv.slice(2));
  // Standard output is for what a command answers. A worker answers nothing there: its handlers may print.
  program.hook('preAction', (_program, command) => {
    if (command.name() !== 'worker') console.log = console.info = console.debug = console.error;
  });
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else if (!ending.signal.aborted) {
    const { exitCode, line } = failureOf(error);
    terminal.writeError(line);
    process.exitCode = exitCode;
  }
}
// An error of standard output is told a moment after the write: what was not read, or is not on the disk, was no success.
await new Promise((resolve) => setImmediate(resolve));
if (outputError) {
  const isUnread = outputError.code === 'EPIPE';
  if (!isUnread) terminal.writeError(`samovar: expected to write to standard output, got ${outputError.message}`);
  // 141 is what shells call SIGPIPE.
  process.exitCode = isUnread ? 141 : exitCodes.failed;
}
// What a handler module has left open must not keep a worker that has stopped from ending.
process.exit();
