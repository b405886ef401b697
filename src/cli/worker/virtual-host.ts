import { dirname } from 'node:path';
import { ConfigurationError } from '../../config/configuration-error.js';
import type { VirtualHost } from '../../config/settings.js';
import { abortable } from '../../core/abort.js';
import { createClient, type Client } from '../../core/client.js';
import { delay, type Clock } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import { createRegistry } from '../../core/registry.js';
import { startServer, type Server } from '../../core/server.js';
import { checkServerOptions, type ServerOptions } from '../../core/server-options.js';
import { TransportError, type Transport } from '../../core/transport.js';
import type { CallView } from '../../middleware/observe.js';
import { mockHandlers } from '../../mock/mock-handlers.js';
import type { LockProvider } from '../../stores/lock.js';
import { createMemoryIdempotencyStore } from '../../stores/memory/idempotency.js';
import { createSeededRandom } from '../../testing/seeded-random.js';
import { loadHandlerModules } from '../handlers/load.js';
import { setUpHandlers, type PackagedHandler } from '../handlers/select.js';
import type { CommandLog } from '../log/create-log.js';
import { rarely } from '../log/rarely.js';
import type { openTransport } from '../open-transport.js';
import { authorizeBy } from './allow.js';
import { redReasons, type VirtualHostHealth, type VirtualHostState } from './health-document.js';
import { createRequestWatch } from './request-watch.js';
import { createStopTasks } from './stop-tasks.js';

export interface VirtualHostParts {
  readonly log: CommandLog;
  readonly clock: Clock;
  readonly random: Random;
  /** Those of the process: virtual hosts share a machine and its resources. */
  readonly locks: LockProvider;
  readonly openTransport: typeof openTransport;
  readonly cwd: string;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  /** Aborts when the worker begins to stop. */
  readonly signal: AbortSignal;
  /** The state is another one now. */
  readonly onChange: () => void;
}

/** What the process serves on one virtual host. Its steps are called once each, in this order. */
export interface VirtualHostWorker {
  readonly name: string;
  readonly state: VirtualHostState;
  /** Why the broker does not let it in, in state `refused`. */
  readonly refusal: TransportError | undefined;
  /** Everything that can fail without a broker. @throws ConfigurationError */
  setUp(): Promise<void>;
  /** Resolves once its addresses are consumed, or the worker stops; tries again what the broker refuses. */
  serve(): Promise<void>;
  /** Drains; resolves to the ids of what had to be aborted. */
  stop(): Promise<readonly string[]>;
  /** After the last handler, of this and of all virtual hosts: what set-ups left to be done, then the connections. */
  close(): Promise<void>;
  health(): VirtualHostHealth;
  /** What runs now. */
  running(): readonly CallView[];
}

/** How long after a refusal the broker is asked again. */
const retryMs = 30_000;
/** Mocked replies are the same in each worker and after each start. */
const mockSeed = 1;

export function createVirtualHostWorker(virtualHost: VirtualHost, parts: VirtualHostParts): VirtualHostWorker {
  const { clock, random, signal } = parts;
  const { name, addresses, mock, limits } = virtualHost;
  const log = parts.log.child({ virtualHost: name });
  const requests = createRequestWatch({ log, clock });
  const idempotency = createMemoryIdempotencyStore({ clock });
  const stopTasks = createStopTasks({ log, clock });
  let state: VirtualHostState = 'setting_up';
  let since = clock.now();
  let refusal: TransportError | undefined;
  let packaged: readonly PackagedHandler[] = [];
  let transport: Transport | undefined;
  let client: Client | undefined;
  let options: ServerOptions | undefined;
  let server: Server | undefined;
  let serving: Promise<void> = Promise.resolve();

  function become(next: VirtualHostState): void {
    state = next;
    since = clock.now();
    parts.onChange();
  }

  async function setUp(): Promise<void> {
    const folder = parts.file === undefined ? undefined : dirname(parts.file);
    const modules = await loadHandlerModules(virtualHost.handlers, { cwd: parts.cwd, folder });
    transport = await parts.openTransport(virtualHost.connection, { log: rarely(log, clock) });
    client = createClient({ transport, log, clock, random });
    const { onStop } = stopTasks;
    packaged = await setUpHandlers(modules, virtualHost, { log, client, clock, signal, onStop });
    const authorize = authorizeBy(virtualHost);
    options = {
      ...{ transport, client, log, clock, random, idempotency, locks: parts.locks, hooks: requests.hooks, ...limits },
      address: addresses,
      handlers: handlersOf(packaged),
      ...(authorize && { authorize }),
    };
    checkOptions(options);
    const actions = Object.fromEntries(packaged.map(({ handler, from }) => [handler.action.name, from]));
    log.info({ addresses, actions, ...(mock && { mock }) }, 'set up');
  }

  function handlersOf(all: readonly PackagedHandler[]): ServerOptions['handlers'] {
    const handlers = all.map(({ handler }) => handler);
    return mock ? asSetting(() => mockHandlers(handlers, { random: createSeededRandom(mockSeed) })) : handlers;
  }

  function checkOptions(checked: ServerOptions): void {
    asSetting(() => {
      checkServerOptions(checked);
      createRegistry(checked.handlers);
    });
  }

  /** What the core calls a mistake in the program is one in the configuration here. */
  function asSetting<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw new ConfigurationError(`virtual host ${name}: ${cause.message}`, { cause });
    }
  }

  async function serve(): Promise<void> {
    if (!options) throw new TypeError('expected setUp to have been called before serve');
    while (!signal.aborted) {
      become('connecting');
      try {
        server = await startServer(options);
        if (!signal.aborted) become('serving');
        log.info({ addresses }, 'serving');
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof TransportError)) throw error;
        refusal = error;
        log.error({ reason: error.message, againInMs: retryMs }, 'cannot serve');
        become('refused');
      }
      await delay(clock, retryMs, signal).catch(() => undefined);
    }
  }

  async function stop(): Promise<readonly string[]> {
    become('stopping');
    // Ends the wait for a broker.
    if (!server) await transport?.close();
    await serving.catch(() => undefined);
    const { unfinished = [] } = (await server?.stop()) ?? {};
    return unfinished;
  }

  return {
    name,
    get state() {
      return state;
    },
    get refusal() {
      return state === 'refused' ? refusal : undefined;
    },
    // A set-up that hangs must not keep the process from stopping.
    setUp: () => abortable(setUp(), signal),
    serve: () => (serving = serve()),
    stop,
    async close() {
      await stopTasks.run();
      await client?.close();
      await transport?.close();
      await idempotency.close();
      become('stopped');
    },
    health() {
      const snapshot = server?.health();
      const transportHealth = snapshot?.transport ?? transport?.health();
      return {
        ...{ name, state, since, addresses, mock },
        red: redReasons({
          state,
          refusal: refusal?.message,
          server: snapshot,
          transport: transportHealth,
          jammed: snapshot ? requests.jammed(snapshot.intake) : [],
        }),
        actions: packaged.map(({ handler, from }) => ({ name: handler.action.name, from })),
        ...(snapshot && { server: snapshot }),
        ...(client && { client: client.health() }),
      };
    },
    running: () => requests.running(),
  };
}
