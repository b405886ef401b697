import { dirname } from 'node:path';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { VirtualHost } from '../../config/settings.js';
import type { Client } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import type { HandlerSetup } from '../../core/handler-module.js';
import type { Logger } from '../../core/log.js';
import type { Random } from '../../core/random.js';
import { createRegistry } from '../../core/registry.js';
import { checkServerOptions, type ServerOptions } from '../../core/server-options.js';
import type { Transport } from '../../core/transport.js';
import { mockHandlers } from '../../mock/mock-handlers.js';
import { createSeededRandom } from '../../testing/seeded-random.js';
import { loadHandlerModules } from '../handlers/load.js';
import { setUpHandlers, type PackagedHandler } from '../handlers/select.js';
import { rarely } from '../log/rarely.js';
import type { Stores } from '../open-stores.js';
import type { openTransport } from '../open-transport.js';
import { clientOf, secretOptionsOf } from '../secret-options.js';
import { authorizeBy } from './allow.js';

/** What a virtual host is served with. */
export interface Prepared {
  readonly transport: Transport;
  readonly client: Client;
  readonly packaged: readonly PackagedHandler[];
  readonly options: ServerOptions;
}

export interface PrepareParts extends Pick<HandlerSetup, 'onStop' | 'signal'> {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly stores: Stores;
  readonly hooks: NonNullable<ServerOptions['hooks']>;
  readonly openTransport: typeof openTransport;
  readonly cwd: string;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
}

/** Mocked replies are the same in each worker and after each start. */
const mockSeed = 1;

/** Everything that can fail without a broker: loads and sets up the handlers, and checks all options. @throws ConfigurationError */
export async function prepare(virtualHost: VirtualHost, parts: PrepareParts): Promise<Prepared> {
  const { log, clock, random, hooks, signal, onStop, cwd, file } = parts;
  const { locks, idempotency, fingerprintKey } = parts.stores;
  const { name, addresses: address, connection, limits, mock, secretNames } = virtualHost;
  const folder = file === undefined ? undefined : dirname(file);
  const modules = await loadHandlerModules(virtualHost.handlers, { cwd, folder });
  const transport = await parts.openTransport(connection, { log: rarely(log, clock) });
  const client = clientOf(virtualHost, { transport, log, clock, random });
  const packaged = await setUpHandlers(modules, virtualHost, { log, client, clock, signal, onStop });
  const real = packaged.map(({ handler }) => handler);
  const parked = real.find(({ onCrash }) => onCrash === 'park');
  if (parked && !idempotency.durable && !mock) {
    throw new ConfigurationError(
      `virtual host ${name}: expected redis in the configuration, since the handler for ${parked.action.name} has onCrash: 'park', got none; add redis: {url: …}`,
    );
  }
  const authorize = authorizeBy(virtualHost);
  try {
    const options: ServerOptions = {
      ...{ transport, client, log, clock, random, locks, idempotency, hooks, address },
      ...limits,
      ...secretOptionsOf(virtualHost),
      ...(secretNames && { secretNames }),
      handlers: mock ? mockHandlers(real, { random: createSeededRandom(mockSeed) }) : real,
      ...(fingerprintKey !== undefined && { fingerprintKey }),
      ...(authorize && { authorize }),
    };
    checkServerOptions(options);
    createRegistry(options.handlers);
    return { transport, client, packaged, options };
  } catch (cause) {
    // What the core calls a mistake in the program is one in the configuration here.
    if (!(cause instanceof TypeError)) throw cause;
    throw new ConfigurationError(`virtual host ${name}: ${cause.message}`, { cause });
  }
}
