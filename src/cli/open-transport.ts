import type { Logger } from '../core/log.js';
import type { Transport } from '../core/transport.js';
import { ConfigurationError } from '../config/configuration-error.js';
import type { ConnectionSettings } from '../config/settings.js';
import { importPeer } from './import-peer.js';

export interface OpenTransportParts {
  readonly log?: Logger;
  /** RabbitMQ only. These win over what is configured. */
  readonly inbox?: 'durable' | 'exclusive';
  readonly app?: string;
  readonly waitForBrokerMs?: number;
  readonly takesEitherRoute?: boolean;
}

/**
 * A transport to the broker that is configured; it connects with its first use. A transport's code, and its SDK, are
 * loaded only when it is the one that is used.
 */
export async function openTransport(connection: ConnectionSettings, parts: OpenTransportParts): Promise<Transport> {
  if (connection.transport === 'memory') return (await memoryBroker()).connect();
  if (connection.transport === 'sqs') {
    const { createSqsTransport } = await importSqs();
    const { log } = parts;
    return created(() => createSqsTransport({ ...connection.options, ...(log && { log }) }));
  }
  const { createAmqpTransport } = await importAmqp();
  return created(() => createAmqpTransport({ ...connection.options, ...parts }));
}

function created(create: () => Transport): Transport {
  try {
    return create();
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError(error.message, { cause: error });
    throw error;
  }
}

// One for the process: whoever opens the memory transport here wants to meet the others.
let broker: Promise<{ connect(): Transport }> | undefined;

async function memoryBroker(): Promise<{ connect(): Transport }> {
  broker ??= import('../../transports/memory/index.js').then(({ createMemoryBroker }) => createMemoryBroker());
  return broker;
}

/** @throws ConfigurationError if amqplib is not installed. */
export function importAmqp() {
  return importPeer('amqplib', () => import('../../transports/amqp/index.js'));
}

/** @throws ConfigurationError if the SDK's client of SQS is not installed. */
export function importSqs() {
  // On Node 20 the SDK would write a warning of its own, which is no JSON, into the log.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return importPeer('@aws-sdk/client-sqs', () => import('../../transports/sqs/index.js'));
}
