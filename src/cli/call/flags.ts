import { InvalidArgumentError, Option, type Command } from 'commander';
import { isLegalKey } from '../../core/headers.js';
import { UsageError } from '../failure.js';
import { parseDuration } from './duration.js';

/** The options of `samovar call`, beside those that say where the broker and the handlers are. */
export interface CallFlags {
  readonly to?: string;
  readonly body?: string;
  /** Milliseconds; left out: 30,000 for a call, and none for a one-way request. */
  readonly timeout?: number;
  readonly key?: string;
  readonly group?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly whenAbsent?: 'wait' | 'fail';
  readonly oneWay?: boolean;
  readonly persistent?: boolean;
  readonly replyRoute?: 'default' | 'request-exchange';
  readonly app?: string;
  readonly defaults?: boolean;
  readonly json?: boolean;
  readonly reveal?: boolean;
  readonly keysFile?: string;
  readonly batch?: string;
  readonly parallel?: number;
  readonly results?: string;
  readonly stopOnError?: boolean;
}

export function addCallFlags(command: Command): Command {
  return command
    .option('--to <address>', "the node address; by default the action's own, else the only one configured")
    .option('--body <json>', 'the request: a JSON object, "-" for standard input, "@file" for a file')
    .option('--timeout <duration>', 'how long to wait for the answer: 500ms, 5s, 2m (default: 30s)', durationFlag)
    .option('--key <key>', 'idempotency key: a repeat with the same key takes effect once', keyFlag)
    .option('--group <key>', 'requests of one group start in the order they were sent, where the transport can')
    .option('--header <name=value>', 'a header of the request (repeatable)', headerFlag)
    .addOption(
      new Option('--when-absent <what>', 'where the address has no worker (default: wait)').choices(['wait', 'fail']),
    )
    .option('--one-way', 'leave the request with the broker, and wait for no answer')
    .option('--persistent', 'the request survives a crash of the broker')
    .addOption(
      new Option(
        '--reply-route <route>',
        'how the answer must be able to come; left out: whichever way is open',
      ).choices(['default', 'request-exchange']),
    )
    .option('--app <name>', 'names this program to the broker', appFlag)
    .option('--defaults', "send the defaults of the action's schema, too, for consumers that have none")
    .option('--json', 'print one line of JSON, for a failure too; of a batch, one for each request')
    .option('--reveal', 'print the secrets of an answer, which are [secret] without it')
    .option('--batch <file>', 'make the calls in this file, one JSON object a line; "-" for standard input')
    .option('--parallel <number>', 'calls of a batch that run at once (default: 16)', parallelFlag)
    .option('--results <file>', 'where a batch writes what became of each request, one line of JSON each')
    .option('--stop-on-error', 'a batch sends nothing more once a request has failed');
}

/** @throws UsageError where two options contradict each other, or one is missing. */
export function checkFlags(action: string | undefined, flags: CallFlags): void {
  const isBatch = flags.batch !== undefined;
  const misplaced = (isBatch ? ['body', 'key'] : ['parallel', 'results', 'stopOnError']) as (keyof CallFlags)[];
  for (const name of misplaced) {
    if (flags[name] === undefined) continue;
    const where = isBatch ? 'in the lines of the file with --batch' : 'only together with --batch';
    throw new UsageError(`expected --${kebab(name)} ${where}`);
  }
  if (flags.oneWay && flags.whenAbsent !== undefined) {
    throw new UsageError('expected --when-absent without --one-way: nobody waits for a worker');
  }
  if (isBatch) return;
  if (action === undefined) throw new UsageError('expected the name of an action, or --batch with a file of calls');
  if (flags.body === undefined) throw new UsageError(`expected --body with the request, such as --body '{}'`);
}

/** @throws InvalidArgumentError saying what a duration looks like. */
export function durationFlag(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 500ms, 5s, 2m or 1h.');
  return ms;
}

function keyFlag(text: string): string {
  if (!isLegalKey(text)) throw new InvalidArgumentError('Expected 1 to 255 printable ASCII characters.');
  return text;
}

function headerFlag(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Expected name=value.');
  if (/^samovar-/i.test(name)) throw new InvalidArgumentError('Expected a name that does not start with "samovar-".');
  return { ...before, [name]: value };
}

function appFlag(text: string): string {
  if (!/^[\w.-]{1,100}$/.test(text))
    throw new InvalidArgumentError('Expected 1 to 100 letters, digits, ".", "_", "-".');
  return text;
}

function parallelFlag(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('Expected an integer from 1 to 10000.');
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
