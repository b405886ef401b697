import { resolve } from 'node:path';
import { contractFiles } from '../../contract/files.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import { contractOf, type ContractFlags } from './contract-of.js';
import { writeFolder } from './output-folder.js';

export interface BuildFlags extends ContractFlags {
  readonly out: string;
  readonly force?: boolean;
}

/** Resolves to the exit code. */
export async function runBuild(
  options: BuildFlags,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd' | 'signal'>,
): Promise<number> {
  const { write, writeError } = parts.terminal;
  const contract = await contractOf(options, parts);
  for (const { name, request } of contract.actions) {
    if (request.example !== undefined) continue;
    writeError(
      `samovar: no example was found that the request of ${name} accepts; give it one: .meta({ examples: [...] })`,
    );
  }
  const folder = resolve(parts.cwd, options.out);
  const gone = await writeFolder(folder, contractFiles(contract), { force: options.force ?? false });
  for (const path of gone) write(`removed ${path}`);
  const { title, version, actions } = contract;
  write(`${title} ${version}: ${actions.length} ${actions.length === 1 ? 'action' : 'actions'} in ${options.out}`);
  return exitCodes.ok;
}
