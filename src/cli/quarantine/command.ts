import { InvalidArgumentError, type Command } from 'commander';
import { systemClock } from '../../core/clock.js';
import type { Quarantine } from '../../core/quarantine.js';
import { TransportError } from '../../core/transport.js';
import { printableJson } from '../call/printable.js';
import type { CommandParts } from '../command-parts.js';
import { addCallerOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { failureOf } from '../failure.js';
import { change } from './change.js';
import { confirmed } from './confirm.js';
import { quarantineOf, type PlaceOptions } from './open.js';
import { addSelectionOptions, collected, selectionOf, type SelectionOptions } from './selection.js';
import { quarantineTable } from './table.js';

interface CommonOptions extends PlaceOptions, SelectionOptions {
  readonly json?: boolean;
}

export interface ListOptions extends CommonOptions {
  readonly most?: number;
}

export interface ShowOptions extends CommonOptions {
  readonly reveal?: boolean;
}

export interface ChangeOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly withoutReply?: boolean;
  readonly yes?: boolean;
}

export function defineCommand(quarantine: Command, parts: CommandParts): void {
  quarantine.addHelpText('after', help);

  function add(name: string, description: string): Command {
    return addCallerOptions(quarantine.command(name))
      .description(description)
      .option('--to <address>', 'the address that they were sent to; the configured one, where there is one')
      .option('--json', 'print JSON');
  }

  addSelectionOptions(add('list', 'what is there, the oldest first; changes nothing'))
    .option('--most <count>', 'how many to show (default: 100)', count)
    .action(async (options: ListOptions) => end(await runList(options, parts)));
  add('show <id>', 'one request with its headers and body; what looks secret is masked')
    .option('--reveal', 'mask nothing')
    .action(async (id: string, options: ShowOptions) => end(await runShow(id, options, parts)));
  addSelectionOptions(add('redrive', 'send them to their address again, in order'))
    .option('--dry-run', 'only say how many there are')
    .option('--without-reply', 'also calls that nobody waits for any more, as one-way requests')
    .option(
      '--believe <user>',
      'also what this user, under which workers ran before, has set aside; repeatable',
      collected,
    )
    .action(async (options: ChangeOptions) => end(await runRedrive(options, parts)));
  addSelectionOptions(add('purge', 'delete them for good'))
    .option('--dry-run', 'only say how many there are')
    .option('--yes', 'do not ask')
    .action(async (options: ChangeOptions) => end(await runPurge(options, parts)));

  /** Interrupted, the process exits as the signal says. */
  function end(exitCode: number): void {
    if (!parts.signal.aborted) parts.exitWith(exitCode);
  }
}

type Parts = Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal' | 'stdin'>;

export function runList(options: ListOptions, parts: Parts): Promise<number> {
  return at(options, parts, async (quarantine) => {
    const { terminal, signal } = parts;
    const { most = 100, json } = options;
    const list = await quarantine.list({ ...selectionOf(options), most, signal });
    if (json) terminal.write(printableJson(list, 2));
    else {
      if (list.entries.length > 0) terminal.write(quarantineTable(list.entries, systemClock.now(), terminal.paint));
      terminal.write(`${list.entries.length}${list.isCut ? ' shown, there are more' : ''}, of ${list.total} set aside`);
    }
    return exitCodes.ok;
  });
}

export function runShow(id: string, options: ShowOptions, parts: Parts): Promise<number> {
  return at(options, parts, async (quarantine, address) => {
    const { terminal, signal } = parts;
    const shown = await quarantine.show(id, { reveal: options.reveal === true, signal });
    if (shown) terminal.write(printableJson(shown, 2));
    else
      terminal.writeError(
        `samovar: expected a request with id ${JSON.stringify(id)} in quarantine at ${address}, got none`,
      );
    return shown ? exitCodes.ok : exitCodes.failed;
  });
}

export function runRedrive(options: ChangeOptions, parts: Parts): Promise<number> {
  return at(options, parts, (quarantine) => {
    const { dryRun = false, withoutReply = false, json = false } = options;
    const words = { done: 'redriven', planned: 'to be redriven' };
    const what = { selection: selectionOf(options), dryRun, json };
    return change((given) => quarantine.redrive({ ...given, withoutReply }), what, words, parts);
  });
}

export function runPurge(options: ChangeOptions, parts: Parts): Promise<number> {
  return at(options, parts, async (quarantine, address) => {
    const { dryRun = false, yes = false, json = false } = options;
    const selection = selectionOf(options);
    const words = { done: 'purged', planned: 'to be purged' };
    let most = Infinity;
    if (!yes && !dryRun) {
      const { done } = await quarantine.purge({ ...selection, dryRun: true, signal: parts.signal });
      if (!(await confirmed(`Delete ${done} requests to ${address} for good?`, parts))) {
        parts.terminal.writeError('samovar: nothing was deleted');
        return exitCodes.failed;
      }
      // What was set aside meanwhile, nobody has agreed to.
      most = done;
    }
    return change((given) => quarantine.purge({ ...given, most }), { selection, dryRun, json }, words, parts);
  });
}

async function at(
  options: CommonOptions,
  parts: Parts,
  work: (quarantine: Quarantine, address: string) => Promise<number>,
): Promise<number> {
  const { address, quarantine } = await quarantineOf(options, parts);
  try {
    return await work(quarantine, address);
  } catch (error) {
    // Another operator is soon done.
    if (!(error instanceof TransportError && error.code === 'busy')) throw error;
    parts.terminal.writeError(failureOf(error).line);
    return exitCodes.temporary;
  } finally {
    await quarantine.close();
  }
}

function count(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a number from 1 to 999999.');
}

const help = `
Use the credentials of the address's workers: a request keeps its caller only so. The permissions that they need are
printed by samovar topology --for operator.

What is redriven keeps its id; its attempts are counted anew, and each copy is with the broker before the original is
forgotten. One-way requests run however late they are. A call whose deadline has passed stays, unless --without-reply.
What is not taken keeps its place. One at a time may work at a quarantine.

Exit codes: 0; 1 if a request is not there or calls stay; 69 if the broker or the quarantine is not there; 75 if somebody
else works at it; 78 for wrong settings.

  samovar quarantine list --to node-1 --url amqp://worker:password@localhost/trees
  samovar quarantine show 5f0c --to node-1 --config /etc/samovar/samovar.yml
  samovar quarantine redrive --to node-1 --action dx_example --dry-run
  samovar quarantine purge --to node-1 --older-than 720h --yes
`;
