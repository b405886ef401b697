import type { Command } from 'commander';
import { loadConfiguration } from '../config/load.js';
import { nearMiss } from '../config/near-miss.js';
import type { Configuration, VirtualHost } from '../config/settings.js';
import type { CommandParts } from './command-parts.js';
import { UsageError } from './failure.js';

/** What commander makes of the options that `addConfigurationOptions` adds. */
export interface ConfigurationOptions {
  readonly config?: string;
  readonly vhost?: readonly string[];
  readonly allVhosts?: boolean;
  readonly url?: string;
  readonly address?: readonly string[];
  readonly handlers?: readonly string[];
  readonly mock?: boolean;
}

/** The options of each command that needs a broker: which file, or which URL, and what of it. */
export function addConfigurationOptions(command: Command): Command {
  return addCallerOptions(command)
    .option('--all-vhosts', 'all virtual hosts of the file')
    .option('--address <address>', 'a node address, instead of the configured ones; repeatable', collected)
    .option('--mock', 'answer with generated replies, and run no handler');
}

/** Those of them that mean something to a command that calls one node. */
export function addCallerOptions(command: Command): Command {
  return command
    .option('--config-file-path, --config <file>', 'the configuration file (see samovar check-config --help)')
    .option('--virtual-host-name, --vhost <name>', 'a virtual host of the file; repeatable', collected)
    .option('--url <url>', 'no file: the broker, such as amqp://user:password@host/virtual-host')
    .option(
      '--handlers <module>',
      'a handler package, a path or auto, where the file names none; repeatable',
      collected,
    );
}

/**
 * The configuration that the options of a command name, with the virtual hosts they choose.
 * @throws UsageError if they cannot be meant together, or leave open which virtual host is meant; ConfigurationError.
 */
export async function configurationOf(
  options: ConfigurationOptions,
  { env, cwd }: Pick<CommandParts, 'env' | 'cwd'>,
): Promise<Configuration> {
  const { config, url, address: addresses, handlers, mock, vhost, allVhosts } = options;
  if (url !== undefined && config !== undefined) throw new UsageError('expected either --url or --config, got both');
  if (url !== undefined && (vhost || allVhosts)) {
    throw new UsageError('expected the virtual host in the path of --url, got --vhost or --all-vhosts beside it');
  }
  if (vhost && allVhosts) throw new UsageError('expected either --vhost or --all-vhosts, got both');
  const configuration = await loadConfiguration({ config, url, addresses, handlers, mock, env, cwd });
  return { ...configuration, virtualHosts: chosenOf(configuration, options) };
}

function chosenOf(
  { file, virtualHosts }: Configuration,
  { vhost, allVhosts }: ConfigurationOptions,
): readonly VirtualHost[] {
  const names = virtualHosts.map(({ name }) => name);
  if (allVhosts || (!vhost && names.length === 1)) return virtualHosts;
  if (!vhost) {
    throw new UsageError(`expected --vhost or --all-vhosts, since ${file} has several: ${names.join(', ')}`);
  }
  for (const name of vhost) {
    if (names.includes(name)) continue;
    const similar = nearMiss(name, names);
    const advice = similar === undefined ? '' : `; did you mean ${similar}?`;
    throw new UsageError(`expected --vhost to be one of ${names.join(', ')}, got ${JSON.stringify(name)}${advice}`);
  }
  return virtualHosts.filter(({ name }) => vhost.includes(name));
}

/** `before` is false after an option that negates it. */
export function collected(value: string, before: readonly string[] | false | undefined): readonly string[] {
  return [...(before === false ? [] : (before ?? [])), value];
}
