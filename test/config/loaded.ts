import { join } from 'node:path';
import { expect } from 'vitest';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { loadConfiguration } from '../../src/config/load.js';
import type { AmqpConnectionOptions, Configuration, VirtualHost } from '../../src/config/settings.js';
import type { ConfigurationSources } from '../../src/config/sources.js';
import { folderWith } from './folder.js';

type Others = Partial<ConfigurationSources> & { readonly files?: Readonly<Record<string, string>> };

/** What a file with this text becomes. */
export async function loaded(text: string, { files = {}, ...others }: Others = {}): Promise<Configuration> {
  const folder = await folderWith({ ...files, 'samovar.yml': text });
  return loadConfiguration({ config: join(folder, 'samovar.yml'), env: {}, cwd: folder, ...others });
}

/** The only virtual host of a file with this text. */
export async function loadedHost(text: string, others?: Others): Promise<VirtualHost> {
  const { virtualHosts } = await loaded(text, others);
  expect(virtualHosts).toHaveLength(1);
  return virtualHosts[0] as VirtualHost;
}

export async function loadedOptions(text: string, others?: Others): Promise<AmqpConnectionOptions> {
  const { connection } = await loadedHost(text, others);
  if (connection.transport !== 'amqp') throw new TypeError('expected the transport amqp');
  return connection.options;
}

/** What is wrong with a file with this text, each `line:column: …`. */
export async function problemsOf(text: string, others?: Others): Promise<string[]> {
  const error: unknown = await loaded(text, others).catch((refusal: unknown) => refusal);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).problems.map((problem) => problem.replace(/^.*\/samovar\.yml:/, ''));
}
