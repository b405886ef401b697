import { ConfigurationError } from '../../config/configuration-error.js';
import type { ConnectionSettings } from '../../config/settings.js';
import type { Quarantine } from '../../core/quarantine.js';
import type { CommandParts } from '../command-parts.js';
import { configurationOf, type ConfigurationOptions } from '../configured.js';
import { UsageError } from '../failure.js';
import { importAmqp, importSqs } from '../open-transport.js';

export interface PlaceOptions extends ConfigurationOptions {
  readonly to?: string;
  readonly believe?: readonly string[];
}

/** Whoever looks does not want to wait for a broker as a worker does. */
const longestWaitMs = 5_000;

/** The quarantine that the options name. @throws UsageError, ConfigurationError. */
export async function quarantineOf(
  options: PlaceOptions,
  parts: Pick<CommandParts, 'env' | 'cwd'>,
): Promise<{ readonly address: string; readonly quarantine: Quarantine }> {
  const { virtualHosts } = await configurationOf(options, parts);
  const [virtualHost] = virtualHosts;
  if (!virtualHost || virtualHosts.length > 1) {
    throw new UsageError(`expected one --vhost, got ${virtualHosts.map(({ name }) => name).join(', ')}`);
  }
  const { connection, addresses } = virtualHost;
  const address = options.to ?? (addresses.length === 1 ? addresses[0] : undefined);
  if (address === undefined) {
    const several = addresses.length > 1 ? `, one of ${addresses.join(', ')}` : '';
    throw new UsageError(`expected --to <address>, the address whose quarantine is meant${several}`);
  }
  return { address, quarantine: await opened(connection, address, options) };
}

async function opened(
  connection: ConnectionSettings,
  address: string,
  { believe: believes = [] }: PlaceOptions,
): Promise<Quarantine> {
  if (connection.transport === 'memory') {
    throw new ConfigurationError(
      'expected a virtual host of RabbitMQ or resources of SQS, got the memory transport, which ends with its process',
    );
  }
  if (connection.transport === 'sqs') {
    const { openQuarantine } = await importSqs();
    const { options } = connection;
    return openQuarantine({ ...options, address, believes: [...(options.believes ?? []), ...believes] });
  }
  const { openQuarantine } = await importAmqp();
  const waitForBrokerMs = Math.min(connection.options.waitForBrokerMs ?? longestWaitMs, longestWaitMs);
  return openQuarantine({ ...connection.options, waitForBrokerMs, address, believes });
}
