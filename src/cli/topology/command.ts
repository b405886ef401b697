import { Option, type Command } from 'commander';
import type { CommandParts } from '../command-parts.js';
import { addConfigurationOptions, configurationOf, type ConfigurationOptions } from '../configured.js';
import { exitCodes } from '../exit-codes.js';
import { actionsOf } from './actions-of.js';
import { describeRole } from './describe-role.js';
import { roleOn, roleNames, type RoleChoice } from './role-on.js';

export interface TopologyOptions extends ConfigurationOptions, RoleChoice {
  readonly action?: readonly string[];
  readonly json?: boolean;
}

export function defineCommand(command: Command, parts: CommandParts): void {
  addConfigurationOptions(command)
    .addOption(
      new Option(
        '--for <role>',
        'whose: both is one user that is both, operator the worker that samovar quarantine works as',
      )
        .choices(roleNames)
        .default('worker'),
    )
    .option('--action <name>', 'an action, instead of those of the configuration; repeatable', (name, before) => [
      ...((before as readonly string[] | undefined) ?? []),
      name,
    ])
    .addOption(
      new Option('--reply-route <route>', 'how replies travel; as configured, else request-exchange').choices([
        'request-exchange',
        'default',
      ]),
    )
    .addOption(
      new Option('--inbox <kind>', "a caller's; exclusive is that of samovar call").choices(['durable', 'exclusive']),
    )
    .option('--user <name>', 'the user of the rabbitmqctl lines, instead of the configured one')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async (options: TopologyOptions) => parts.exitWith(await runTopology(options, parts)));
}

/** Resolves to the exit code. Asks no broker. */
export async function runTopology(
  options: TopologyOptions,
  parts: Pick<CommandParts, 'terminal' | 'env' | 'cwd'>,
): Promise<number> {
  const { terminal } = parts;
  const configuration = await configurationOf(options, parts);
  const roles = [];
  for (const virtualHost of configuration.virtualHosts) {
    const actions = options.action ?? (await actionsOf(virtualHost, configuration, parts));
    roles.push(await roleOn(virtualHost, actions, options));
  }
  if (options.json) terminal.write(JSON.stringify(roles, undefined, 2));
  else terminal.write(roles.map((role) => describeRole(role, terminal.paint)).join('\n\n'));
  return exitCodes.ok;
}

const help = `
The permissions are complete: with any one name less, a worker does not start, or a caller's first call fails, and the
error names the permission and the object. Run the printed lines with rabbitmqctl, as they are; each replaces all
permissions that its user has on that virtual host.

Without a right on the default exchange replies travel through the exchange of their request. A worker finds that out
at its start. Programs that call need replyRoute: 'request-exchange'; samovar call needs nothing. With
--reply-route default workers may write to the default exchange, and so to every queue of the virtual host.

  samovar topology --config /etc/samovar/samovar.yml
  samovar topology --url amqp://worker@localhost/trees --address node-1 --action dx_example
  samovar topology --for caller --user cluster-api --config /etc/samovar/samovar.yml --json
`;
