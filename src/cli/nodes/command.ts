import type { Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { addConfigurationOptions, configurationOf, type ConfigurationOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { lookAt } from './look-at.js';
import { nodesTable } from './nodes-table.js';

export interface NodesOptions extends ConfigurationOptions {
  readonly to?: readonly string[];
  readonly check?: boolean;
  readonly json?: boolean;
}

export function defineCommand(command: Command, parts: CommandParts): void {
  addConfigurationOptions(command)
    .option('--to <address>', 'an address, instead of the configured ones; repeatable', (address, before) => [
      ...((before as readonly string[] | undefined) ?? []),
      address,
    ])
    .option('--check', 'exit with 1 if an address is missing or nobody serves it')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async (options: NodesOptions) => parts.exitWith(await runNodes(options, parts)));
}

/** Resolves to the exit code. */
export async function runNodes(
  options: NodesOptions,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd'>,
): Promise<number> {
  const { terminal } = parts;
  const { virtualHosts } = await configurationOf(options, parts);
  const reports = (await Promise.all(virtualHosts.map((virtualHost) => lookAt(virtualHost, options.to)))).flat();
  if (options.json) terminal.write(JSON.stringify(reports, undefined, 2));
  else terminal.write(nodesTable(reports, terminal.paint));
  const isWrong = reports.some(({ state }) => state !== 'served');
  return options.check && isWrong ? exitCodes.failed : exitCodes.ok;
}

const help = `
  state        served, no worker (nobody consumes the queue), or missing (there is no such queue)
  consumers    workers that take requests from it
  waiting      requests that no worker has taken yet
  retrying     those that wait for their next attempt
  quarantined  those that were set aside

Changes nothing, and needs no permission but access to the virtual host. Exit codes: 0; 1 with --check; 69 if the
broker is away; 78 if it lets nobody in with these settings.

  samovar nodes --url amqp://operator@localhost/trees --to node-1 --to node-2
  samovar nodes --config /etc/samovar/samovar.yml --all-vhosts --check
`;
