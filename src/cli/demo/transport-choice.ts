import { ConfigurationError } from '../../config/configuration-error.js';
import type { ConnectionSettings } from '../../config/settings.js';

export const transportNames = ['memory', 'amqp', 'sqs'] as const;

export interface TransportChoice {
  readonly transport: (typeof transportNames)[number];
  readonly url?: string;
  readonly endpoint?: string;
  readonly aws?: boolean;
}

/** Where the demo runs, and what has to be ended after it. */
export interface Place {
  readonly connection: ConnectionSettings;
  /** In words, beside the name of the transport. */
  readonly note?: string;
  close(): Promise<void>;
}

/** How long the demo waits for a broker that is not there. */
export const waitForBrokerMs = 5_000;

/** Polls that are still under way when the demo ends are waited for. */
const pollMs = 1_000;

const nothing = () => Promise.resolve();

/** @throws ConfigurationError for options that mean nothing together. */
export async function openPlace({ transport, url, endpoint, aws = false }: TransportChoice): Promise<Place> {
  if (url !== undefined && transport !== 'amqp') {
    throw new ConfigurationError(`expected no --url with the ${transport} transport; add --transport amqp`);
  }
  if ((endpoint !== undefined || aws) && transport !== 'sqs') {
    const option = aws ? '--aws' : '--endpoint';
    throw new ConfigurationError(`expected no ${option} with the ${transport} transport; add --transport sqs`);
  }
  if (transport === 'memory') return { connection: { transport }, close: nothing };
  if (transport === 'sqs') return openSqs(endpoint, aws);
  if (url !== undefined) return { connection: { transport, options: { url } }, close: nothing };
  throw new ConfigurationError('expected --url with --transport amqp, such as amqp://user:password@localhost:5672');
}

async function openSqs(endpoint: string | undefined, aws: boolean): Promise<Place> {
  if (endpoint !== undefined && aws) throw new ConfigurationError('expected either --endpoint or --aws, got both');
  if (aws) return { connection: { transport: 'sqs', options: { pollMs } }, close: nothing };
  // An emulator takes any credentials, but the SDK wants some.
  for (const [name, value] of Object.entries(emulatorEnvironment)) process.env[name] ??= value;
  if (endpoint !== undefined)
    return { connection: { transport: 'sqs', options: { endpoint, pollMs } }, close: nothing };
  const { createSqsEmulator } = await import('../../testing/index.js');
  const emulator = createSqsEmulator();
  const listening = await emulator.listen();
  return {
    connection: { transport: 'sqs', options: { endpoint: listening.endpoint, pollMs } },
    note: `an emulator at ${listening.endpoint}`,
    close: () => listening.close(),
  };
}

const emulatorEnvironment = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'demo',
  AWS_SECRET_ACCESS_KEY: 'demo',
};
