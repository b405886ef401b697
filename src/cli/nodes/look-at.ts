import { ConfigurationError } from '../../config/configuration-error.js';
import type { VirtualHost } from '../../config/settings.js';
import { importAmqp } from '../open-transport.js';

export interface NodeReport {
  readonly virtualHost: string;
  readonly address: string;
  readonly state: 'served' | 'no worker' | 'missing';
  readonly consumers: number;
  readonly waiting: number;
  readonly retrying: Readonly<Record<string, number>>;
  readonly quarantined: number;
}

/** Whoever looks does not want to wait for a broker as a worker does. */
const longestWaitMs = 5_000;

/** Over one connection. `addresses` win over those of the virtual host. */
export async function lookAt(
  { name, connection, addresses: configured }: VirtualHost,
  addresses: readonly string[] = configured,
): Promise<NodeReport[]> {
  if (connection.transport !== 'amqp') {
    throw new ConfigurationError(`expected a virtual host of RabbitMQ, got the ${connection.transport} transport`);
  }
  const { inspectAddresses } = await importAmqp();
  const { waitForBrokerMs = longestWaitMs } = connection.options;
  const patience = { waitForBrokerMs: Math.min(waitForBrokerMs, longestWaitMs) };
  const reports = await inspectAddresses({ ...connection.options, ...patience }, addresses);
  return reports.map(({ address, exists, consumers, waiting, retrying, quarantined }) => ({
    virtualHost: name,
    address,
    state: !exists ? 'missing' : consumers === 0 ? 'no worker' : 'served',
    consumers,
    waiting,
    retrying,
    quarantined,
  }));
}
