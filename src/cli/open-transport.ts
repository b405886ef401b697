import type { Transport } from '../core/transport.js';
import { ConfigurationError } from './../config/configuration-error.js';

export const transportNames = ['memory', 'amqp'] as const;
export type TransportName = (typeof transportNames)[number];

export interface TransportChoice {
  readonly transport: TransportName;
  readonly url?: string;
}

/** How long a command waits for a broker that is not there. */
const waitForBrokerMs = 5_000;

/** Opens connections to one broker. A transport's code, and its SDK, are loaded only when it is the one that is used. */
export async function openConnector({ transport, url }: TransportChoice): Promise<() => Transport> {
  if (transport === 'memory') {
    if (url !== undefined)
      throw new ConfigurationError('expected no --url with the memory transport; add --transport amqp');
    const { createMemoryBroker } = await import('../../transports/memory/index.js');
    const broker = createMemoryBroker();
    return () => broker.connect();
  }
  if (url === undefined) {
    throw new ConfigurationError('expected --url with --transport amqp, such as amqp://user:password@localhost:5672');
  }
  const { createAmqpTransport } = await importAmqp();
  return () => {
    try {
      return createAmqpTransport({ url, waitForBrokerMs });
    } catch (error) {
      if (error instanceof TypeError) throw new ConfigurationError(error.message, { cause: error });
      throw error;
    }
  };
}

async function importAmqp() {
  try {
    return await import('../../transports/amqp/index.js');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (isMissing)
      throw new ConfigurationError('expected amqplib to be installed: npm install amqplib', { cause: error });
    throw error;
  }
}
