import type { VirtualHost } from '../../config/settings.js';
import { abortable } from '../../core/abort.js';
import { delay } from '../../core/clock.js';
import { startServer, type Server, type ServerHealth } from '../../core/server.js';
import { TransportError } from '../../core/transport.js';
import type { CallView } from '../../middleware/observe.js';
import type { CommandLog } from '../log/create-log.js';
import { redReasons, type VirtualHostHealth, type VirtualHostState } from './health-document.js';
import { prepare, type Prepared, type PrepareParts } from './prepare.js';
import { createRequestWatch } from './request-watch.js';
import { createStopTasks } from './stop-tasks.js';

export interface VirtualHostParts extends Omit<PrepareParts, 'log' | 'onStop' | 'hooks'> {
  readonly log: CommandLog;
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
  /** Why somebody should look at it: of its health, what there is to watch. */
  red(): readonly string[];
  /** What runs now. */
  running(): readonly CallView[];
}

/** How long after a refusal the broker is asked again. */
const retryMs = 30_000;

export function createVirtualHostWorker(virtualHost: VirtualHost, parts: VirtualHostParts): VirtualHostWorker {
  const { clock, signal, stores } = parts;
  const { name, addresses, mock } = virtualHost;
  const log = parts.log.child({ virtualHost: name });
  const requests = createRequestWatch({ log, clock });
  const stopTasks = createStopTasks({ log, clock });
  let state: VirtualHostState = 'setting_up';
  let since = clock.now();
  let refusal: TransportError | undefined;
  let prepared: Prepared | undefined;
  let server: Server | undefined;
  let serving: Promise<void> = Promise.resolve();

  function become(next: VirtualHostState): void {
    state = next;
    since = clock.now();
    parts.onChange();
  }

  async function setUp(): Promise<void> {
    const { onStop } = stopTasks;
    prepared = await prepare(virtualHost, { ...parts, log, onStop, hooks: requests.hooks });
    const actions = Object.fromEntries(prepared.packaged.map(({ handler, from }) => [handler.action.name, from]));
    log.info({ addresses, actions, ...(mock && { mock }) }, 'set up');
  }

  async function serve(): Promise<void> {
    if (!prepared) throw new TypeError('expected setUp to have been called before serve');
    while (!signal.aborted) {
      become('connecting');
      try {
        server = await startServer(prepared.options);
        if (signal.aborted) return;
        log.info({ addresses }, 'serving');
        become('serving');
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof TransportError)) throw error;
        refusal = error;
        become('refused');
        // The only one, or the last: the worker ends with that reason.
        if (signal.aborted) return;
        log.error({ reason: error.message, againInMs: retryMs }, 'cannot serve');
      }
      await delay(clock, retryMs, signal).catch(() => undefined);
    }
  }

  function redOf(served: ServerHealth | undefined): string[] {
    return redReasons({
      state,
      refusal: refusal?.message,
      server: served,
      transport: served?.transport ?? prepared?.transport.health(),
      jammed: served ? requests.jammed(served.intake) : [],
      stores: stores.problem(),
    });
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
    async stop() {
      become('stopping');
      // Ends the wait for a broker.
      if (!server) await prepared?.transport.close();
      await serving.catch(() => undefined);
      const { unfinished = [] } = (await server?.stop()) ?? {};
      return unfinished;
    },
    async close() {
      await stopTasks.run();
      try {
        await prepared?.client.close();
      } finally {
        await prepared?.transport.close();
      }
      become('stopped');
    },
    health() {
      const served = server?.health();
      return {
        ...{ name, state, since, addresses, mock },
        red: redOf(served),
        actions: (prepared?.packaged ?? []).map(({ handler, from }) => ({ name: handler.action.name, from })),
        ...(served && { server: served }),
        ...(prepared && { client: prepared.client.health() }),
      };
    },
    red: () => redOf(server?.health()),
    running: () => requests.running(),
  };
}
