import { createConnection, type Connection } from './connection.js';
import { amqpSettings, type AmqpSettings, type AmqpTransportOptions } from './options.js';

/** A connection for one piece of work of a person, who does not wait for a broker as a worker does: 5 s by default. */
export function connectBriefly(
  options: AmqpTransportOptions,
  purpose: string,
): { readonly settings: AmqpSettings; readonly connection: Connection } {
  const settings = amqpSettings({ waitForBrokerMs: 5_000, ...options });
  const nothing = () => undefined;
  const connection = createConnection({
    role: 'consume',
    settings,
    name: () => `samovar ${settings.app} ${purpose}`,
    setUp: () => Promise.resolve(),
    onReady: nothing,
    onReconnect: nothing,
    onBlocked: nothing,
    onHeadersDropped: nothing,
    onChange: nothing,
  });
  return { settings, connection };
}
