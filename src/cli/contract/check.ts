import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { compareContracts, type Change } from '../../contract/lock/compare-contracts.js';
import { lockedContract, lockText, parseLock, type LockedContract } from '../../contract/lock/lockfile.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { contractOf, type ContractFlags } from './contract-of.js';

export interface CheckFlags extends ContractFlags {
  readonly lock: string;
  readonly write?: boolean;
  readonly acknowledge?: readonly string[];
  readonly json?: boolean;
}

/** Compares the handlers with the lock file, and brings it up to date where that is asked for. Resolves to the exit code. */
export async function runCheck(
  options: CheckFlags,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const { lock, acknowledge = [], json = false } = options;
  const { write } = parts.terminal;
  const file = resolve(parts.cwd, lock);
  const now = lockedContract(await contractOf(options, parts));
  const before = await readLock(file);
  const changes = before ? compareContracts(before, now) : [];
  const unused = acknowledge.filter((name) => !changes.some((change) => isBreak(change) && names(name, change)));
  if (unused.length > 0) {
    throw new UsageError(
      `expected --acknowledge to name what breaks old callers, as action or action/path, got ${unused.join(', ')}`,
    );
  }
  const isAcknowledged = (change: Change) => acknowledge.some((name) => names(name, change));
  const open = changes.filter((change) => isBreak(change) && !isAcknowledged(change));
  const mayWrite = options.write === true || acknowledge.length > 0;
  const isWritten = mayWrite && open.length === 0;
  if (isWritten) await writeFile(file, lockText(now));
  const exitCode = open.length > 0 || (!before && !isWritten) ? exitCodes.failed : exitCodes.ok;
  if (json) {
    const listed = changes.map((change) => ({
      ...change,
      class: classOf(change),
      acknowledged: isAcknowledged(change),
    }));
    write(
      JSON.stringify({ lock, isNew: !before, written: isWritten, breaks: open.length, changes: listed }, undefined, 2),
    );
    return exitCode;
  }
  for (const change of changes) write(lineOf(change, isAcknowledged(change)));
  if (isWritten) write(`wrote ${lock}`);
  else if (!before) write(`there is no ${lock} yet: write it with --write, and keep it with the code`);
  else if (open.length > 0) {
    write(`${counted(open.length)} old callers: keep what they rely on, or say --acknowledge ${idOf(open[0])}`);
  } else
    write(
      changes.length === 0
        ? 'nothing has changed'
        : `nothing breaks old callers; bring ${lock} up to date with --write`,
    );
  return exitCode;
}

async function readLock(file: string): Promise<LockedContract | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`expected --lock to be a file that can be read, got ${file} (${code})`, { cause });
  }
  try {
    return parseLock(text);
  } catch (cause) {
    throw new UsageError(`${(cause as Error).message}, got ${file}; write it anew after removing it`, { cause });
  }
}

const isBreak = (change: Change) => change.breaksOldCallers;

function classOf({ breaksOldCallers, breaksOldWorkers }: Change): string {
  if (breaksOldCallers) return 'breaking';
  return breaksOldWorkers ? 'compatible_for_old_callers' : 'compatible';
}

/** What is to be done about it stands behind it. */
function lineOf(change: Change, isAcknowledged: boolean): string {
  const { breaksOldCallers, breaksOldWorkers, what } = change;
  const hint = breaksOldCallers
    ? `breaks old callers${breaksOldWorkers ? '' : '; compatible for old workers'}`
    : breaksOldWorkers
      ? 'compatible for old callers; update workers first'
      : 'compatible for old callers and old workers';
  const mark = breaksOldCallers ? (isAcknowledged ? 'acknowledged' : 'breaking') : 'compatible';
  return `${mark.padEnd(12)} ${idOf(change)}: ${what} (${hint})`;
}

function idOf(change: Change | undefined): string {
  if (!change) return '';
  return change.path === '' ? change.action : `${change.action}/${change.path}`;
}

/** The name of an action stands for all that breaks in it. */
function names(given: string, change: Change): boolean {
  return given === change.action || given === idOf(change);
}

function counted(breaks: number): string {
  return breaks === 1 ? '1 change breaks' : `${breaks} changes break`;
}
