import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ConfigurationError } from '../../config/configuration-error.js';
import { createKeyring, type Keyring } from '../../secrets/keyring.js';
import type { CommandParts } from '../command-parts.js';
import { configurationOf, type ConfigurationOptions } from '../configured.js';
import { UsageError } from '../failure.js';
import { textOf } from './input.js';

export interface KeyOptions extends Pick<ConfigurationOptions, 'config' | 'vhost'> {
  readonly keysFile?: string;
}

/** The keys that the options name. @throws UsageError, or ConfigurationError naming where the keys are. */
export async function keyringOf(options: KeyOptions, parts: Pick<CommandParts, 'env' | 'cwd'>): Promise<Keyring> {
  const { keysFile, ...configuration } = options;
  if (keysFile === undefined) return keyringOfConfiguration(configuration, parts);
  if (configuration.config !== undefined || configuration.vhost) {
    throw new UsageError('expected either --keys-file or a configuration, got both');
  }
  return createKeyring(await keysIn(keysFile, parts));
}

/** For commands that call: where a broker is given by its URL there is no configuration to have keys. */
export function addKeysFile(command: Command): Command {
  return command.option('--keys-file <file>', 'keys for secrets, one a line, instead of those of the configuration');
}

/** @throws UsageError, or ConfigurationError naming the file. */
export async function keysIn(file: string, { cwd }: Pick<CommandParts, 'cwd'>): Promise<readonly string[]> {
  const keys = (await textOf(resolve(cwd, file), '--keys-file')).split(/\s+/).filter(Boolean);
  checked(keys, file);
  return keys;
}

async function keyringOfConfiguration(
  { config, vhost }: KeyOptions,
  parts: Pick<CommandParts, 'env' | 'cwd'>,
): Promise<Keyring> {
  const { file, virtualHosts } = await configurationOf(
    { ...(config !== undefined && { config }), ...(vhost && { vhost }) },
    parts,
  );
  const [virtualHost, ...others] = virtualHosts;
  if (!virtualHost || others.length > 0) throw new UsageError('expected one virtual host; choose it with --vhost');
  return checked(virtualHost.fernetKeys, `fernet_keys of virtual host ${virtualHost.name} in ${file}`);
}

function checked(keys: readonly string[], setting: string): Keyring {
  try {
    return createKeyring(keys, { setting });
  } catch (cause) {
    throw new ConfigurationError((cause as Error).message, { cause });
  }
}
