import { ConfigurationError } from '../config/configuration-error.js';
import type { VirtualHost } from '../config/settings.js';
import { createClient, type Client, type ClientOptions } from '../core/client.js';

type Keys = Pick<VirtualHost, 'name' | 'fernetKeys' | 'allowPlainSecrets'>;

/** What servers and clients of a virtual host are told about secrets. */
export function secretOptionsOf({
  fernetKeys,
  allowPlainSecrets,
}: Omit<Keys, 'name'>): Pick<ClientOptions, 'fernetKeys' | 'allowPlainSecrets'> {
  return { fernetKeys, ...(allowPlainSecrets !== undefined && { allowPlainSecrets }) };
}

/** A client with the keys of a virtual host. @throws ConfigurationError for a key that is none. */
export function clientOf(virtualHost: Keys, options: ClientOptions): Client {
  try {
    return createClient({ ...options, ...secretOptionsOf(virtualHost) });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new ConfigurationError(`virtual host ${virtualHost.name}: ${cause.message}`, { cause });
  }
}
