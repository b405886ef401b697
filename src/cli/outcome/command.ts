import { InvalidArgumentError, type Command } from 'commander';
import { isLegalKey } from '../../core/headers.js';
import { parseDuration } from '../call/duration.js';
import type { CommandParts } from '../command-parts.js';
import { addCallerOptions, type ConfigurationOptions } from '../configured.js';
import { addKeysFile } from '../keys/keyring-of.js';
import { askOnce, type OutcomeFlags } from './ask-once.js';

export function defineCommand(command: Command, parts: CommandParts): void {
  command
    .argument('<action>', 'the name of the action that was called')
    .requiredOption('--key <key>', 'the idempotency key of the call', keyFlag)
    .option('--to <address>', "the node address; by default the action's own, else the only one configured")
    .option(
      '--deadline <time>',
      'when the call stopped waiting, at the latest; without it no call is not_executed',
      time,
    )
    .option('--timeout <duration>', 'how long to wait for an answer: 500ms, 5s, 2m (default: 30s)', duration)
    .option('--json', 'print one line of JSON')
    .option('--reveal', 'print the secrets of an answer, which are [secret] without it')
    .addHelpText('after', helpText);
  addKeysFile(addCallerOptions(command)).action(async (action: string, flags: OutcomeFlags & ConfigurationOptions) => {
    const exitCode = await askOnce(action, flags, parts);
    // Whoever interrupted it has set the exit code.
    if (!parts.signal.aborted) parts.exitWith(exitCode);
  });
}

function keyFlag(text: string): string {
  if (!isLegalKey(text)) throw new InvalidArgumentError('Expected 1 to 255 printable ASCII characters.');
  return text;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 500ms, 5s, 2m or 1h.');
  return ms;
}

function time(text: string): number {
  const ms = /^\d+$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text)
      ? Date.parse(text)
      : 0;
  if (Number.isSafeInteger(ms) && ms > 0) return ms;
  throw new InvalidArgumentError('Expected a time such as 2030-01-31T12:00:00Z, or milliseconds since 1970.');
}

const helpText = `
The first line on standard output is one word: succeeded, failed, running, not_executed or unknown. After succeeded the
answer of the call follows. What a key knows is known to the callers of its own user alone. Ask Samovar workers only: an
existing consumer takes the question for a request.

Examples:
  $ samovar outcome dx_order_coffee_pot --to node-1 --key order-17
  $ samovar outcome dx_order_coffee_pot --to node-1 --key order-17 --deadline 2030-01-31T12:00:00Z --json

Exit codes:
  0    succeeded
  1    failed: the call ended with the error that is shown
  2    not_executed: it did not run, and will not; it may be called again
  64   wrong usage
  69   there is no answer: the broker, the address or its worker is not there, or does not answer this user
  75   running or unknown, or no answer in time: ask again later, or repeat the call with its key
  78   a wrong setting or wrong credentials
  130  interrupted by Ctrl-C`;
