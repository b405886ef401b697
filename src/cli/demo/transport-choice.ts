import { ConfigurationError } from '../../config/configuration-error.js';
import type { ConnectionSettings } from '../../config/settings.js';

export const transportNames = ['memory', 'amqp'] as const;

export interface TransportChoice {
  readonly transport: (typeof transportNames)[number];
  readonly url?: string;
}

/** How long the demo waits for a broker that is not there. */
export const waitForBrokerMs = 5_000;

export function connectionOf({ transport, url }: TransportChoice): ConnectionSettings {
  if (transport === 'memory') {
    if (url === undefined) return { transport };
    throw new ConfigurationError('expected no --url with the memory transport; add --transport amqp');
  }
  if (url !== undefined) return { transport, options: { url } };
  throw new ConfigurationError('expected --url with --transport amqp, such as amqp://user:password@localhost:5672');
}
