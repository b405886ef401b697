import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { describeContract, type Contract, type PackageContract } from '../../contract/contract.js';
import { isRecord } from '../../core/reply.js';
import { servedBy } from '../actions/served.js';
import type { CommandParts } from '../command-parts.js';
import { addConfigurationOptions, type ConfigurationOptions } from '../configured.js';
import { UsageError } from '../failure.js';
import type { PackagedHandler } from '../handlers/select.js';

/** What commander makes of the options that `addContractOptions` adds. */
export interface ContractFlags extends ConfigurationOptions {
  readonly title?: string;
  readonly contractVersion?: string;
}

/** The options of each command that needs to know the contract: whose handlers, and what it is called. */
export function addContractOptions(command: Command): Command {
  return addConfigurationOptions(command)
    .option('--title <text>', 'what the contract is of; by default the package of the handlers')
    .option('--contract-version <version>', 'its version; by default that of the package of the handlers');
}

/**
 * The contract of the handlers that a worker would have.
 * @throws UsageError if virtual hosts give different handlers for one action.
 */
export async function contractOf(
  options: ContractFlags,
  parts: Pick<CommandParts, 'env' | 'cwd' | 'signal'>,
): Promise<Contract> {
  const given = new Map<string, PackagedHandler>();
  for (const { handlers } of await servedBy(options, parts)) {
    for (const packaged of handlers) {
      const { name } = packaged.handler.action;
      const other = given.get(name);
      if (other && other.location !== packaged.location) {
        throw new UsageError(
          `expected one contract for ${name}, but virtual hosts have it from ${other.from} and ${packaged.from}; choose one by --vhost`,
        );
      }
      if (!other) given.set(name, packaged);
    }
  }
  const packages = new Map<string, PackageContract>();
  for (const [name, packaged] of given) {
    const from = packageOf(packaged);
    if (from) packages.set(name, from);
  }
  const names = new Set([...packages.values()].map(({ name }) => name));
  const only = names.size === 1 && packages.size === given.size ? [...packages.values()][0] : undefined;
  const { title = only?.name, contractVersion: version = only?.version } = options;
  return describeContract(
    [...given.values()].map(({ handler }) => handler),
    { packages, ...(title !== undefined && { title }), ...(version !== undefined && { version }) },
  );
}

/** Undefined for a file that is named by its path: whoever reads the contract has no such file. */
function packageOf({ from, location }: PackagedHandler): PackageContract | undefined {
  if (/^[./]/.test(from)) return undefined;
  const version = versionAbove(dirname(location));
  return { name: from, ...(version !== undefined && { version }) };
}

function versionAbove(folder: string): string | undefined {
  try {
    const file: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (isRecord(file) && typeof file['version'] === 'string') return file['version'];
  } catch {
    // None there, or none that can be read: the next folder may have one.
  }
  const above = dirname(folder);
  return above === folder ? undefined : versionAbove(above);
}
