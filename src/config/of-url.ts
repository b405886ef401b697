import { hostname } from 'node:os';
import { brokerOfUrl, urlOfBroker } from './broker.js';
import { ConfigurationError } from './configuration-error.js';
import { givenHandlers } from './given-handlers.js';
import type { Configuration } from './settings.js';
import type { ConfigurationSources } from './sources.js';

/** The one virtual host that a URL names. */
export function configurationOfUrl(url: string, sources: ConfigurationSources): Configuration {
  const broker = brokerOfUrl(url);
  if (!broker) {
    throw new ConfigurationError(
      'expected --url to look like amqp://user:password@host:5672/virtual-host or amqps://…, got something else; ' +
        'percent-encode reserved characters in it, and leave a query out',
    );
  }
  const name = broker.virtualHost ?? '/';
  return {
    file: undefined,
    virtualHosts: [
      {
        name,
        connection: { transport: 'amqp', options: { url: urlOfBroker(broker, name) } },
        addresses: [hostname()],
        handlers: givenHandlers(sources),
        exchanges: undefined,
        allowMissingHandlers: false,
        allow: undefined,
        mock: false,
        fernetKeys: [],
        limits: {},
      },
    ],
    logLevel: 'info',
    warnings: [],
  };
}
