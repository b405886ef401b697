import type { Configuration } from '../../config/settings.js';
import { onAbort } from '../../core/abort.js';
import type { Clock } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import { TransportError } from '../../core/transport.js';
import type { CommandParts } from '../command-parts.js';
import { exitCodes } from '../exit-codes.js';
import type { CommandLog } from '../log/create-log.js';
import { openStores } from '../open-stores.js';
import type { openTransport } from '../open-transport.js';
import { openHealthSocket } from './health-socket.js';
import { createNotifier } from './notifier.js';
import { watchStrayErrors } from './stray-errors.js';
import { createVirtualHostWorker, type VirtualHostWorker } from './virtual-host.js';
import { watchHealth } from './watch-health.js';

export interface RunWorkerParts extends Pick<CommandParts, 'env' | 'cwd' | 'signal' | 'insisted'> {
  readonly log: CommandLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly openTransport: typeof openTransport;
  readonly pid: number;
  readonly version: string;
  /** Where the health socket shall be, if not at its usual place. */
  readonly socket: string | undefined;
  /** The process, for errors that belong to no request. */
  readonly events: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/** How long the service manager waits for a broker that is away: a machine must be able to boot without it. */
const readyAnywayMs = 10_000;

/**
 * Serves the virtual hosts of a configuration until the signal aborts. Resolves to the exit code.
 * @throws ConfigurationError before anything is consumed. @throws TransportError if the broker lets none of them in.
 */
export async function runWorker(configuration: Configuration, parts: RunWorkerParts): Promise<number> {
  const { log, clock, random, env, cwd, version, pid } = parts;
  const since = clock.now();
  const stopping = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  let isUnsound = false;
  function fail(error: unknown): void {
    failure ??= { error };
    stopping.abort(error);
  }
  /** One that fails keeps nothing else from being closed. */
  async function end<T>(ending: Promise<T> | undefined): Promise<T | undefined> {
    try {
      return await ending;
    } catch (error) {
      log.error({ err: error }, 'something could not be closed');
      fail(error);
      return undefined;
    }
  }

  const stores = await openStores(configuration.virtualHosts, { clock, random, log });
  const workers: readonly VirtualHostWorker[] = configuration.virtualHosts.map((virtualHost) =>
    createVirtualHostWorker(virtualHost, {
      ...{ log, clock, random, cwd },
      stores: stores.of(virtualHost),
      openTransport: parts.openTransport,
      file: configuration.file,
      signal: stopping.signal,
      onChange,
    }),
  );
  const health = () => workers.map((worker) => worker.health());
  const notifier = createNotifier({ env, log, clock });
  const watch = watchHealth({ clock, log, workers, onStatus: (text) => notifier.status(text) });
  const stray = watchStrayErrors(parts.events, {
    log,
    onException() {
      isUnsound = true;
      stopping.abort(new Error('an exception was caught by nobody'));
    },
  });
  const cancelReady = clock.after(readyAnywayMs, () => notifier.ready());
  const offs = [
    onAbort(parts.signal, () => stopping.abort(parts.signal.reason)),
    onAbort(parts.insisted, () => tellUnfinished(workers, log)),
  ];

  let isReady = false;
  function onChange(): void {
    if (stopping.signal.aborted) return;
    const refused = workers.flatMap(({ name, refusal }) => (refusal ? [{ name, refusal }] : []));
    if (refused.length === workers.length) return fail(refusalOfAll(refused));
    if (isReady || !workers.every(({ state }) => state === 'serving' || state === 'refused')) return;
    isReady = true;
    const serving = workers.filter(({ state }) => state === 'serving').map(({ name }) => name);
    log.info({ serving, ...(refused.length > 0 && { refused: refused.map(({ name }) => name) }) }, 'ready');
    notifier.ready();
  }

  let socket: Awaited<ReturnType<typeof openHealthSocket>> | undefined;
  try {
    const document = () => ({ pid, version, since, strayRejections: stray.rejections, virtualHosts: health() });
    socket = await openHealthSocket({ path: parts.socket, env, pid, document });
    log.info({ pid, version, file: configuration.file, socket: socket.path }, 'starting');
    await setUpAll(workers, stopping.signal, log);
    if (!stopping.signal.aborted) for (const worker of workers) worker.serve().catch(fail);
    await new Promise<void>((resolve) => onAbort(stopping.signal, resolve));
  } catch (error) {
    fail(error);
  }

  notifier.stopping();
  cancelReady();
  watch.stop();
  log.info({ running: workers.flatMap((worker) => worker.running()).length }, 'stopping');
  const unfinished = (await Promise.all(workers.map((worker) => end(worker.stop())))).flatMap((ids) => ids ?? []);
  await Promise.all(workers.map((worker) => end(worker.close())));
  await end(stores.close());
  await end(socket?.close());
  stray.stop();
  for (const off of offs) off();
  if (failure) throw failure.error;
  log.info({ unfinished: unfinished.length }, 'stopped');
  if (isUnsound) return exitCodes.bug;
  return unfinished.length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** All of them, however one ends: what is set up can be put away again. */
async function setUpAll(workers: readonly VirtualHostWorker[], signal: AbortSignal, log: CommandLog): Promise<void> {
  const results = await Promise.allSettled(workers.map((worker) => worker.setUp()));
  if (signal.aborted) return;
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  for (const err of errors) log.debug({ err }, 'a set-up failed');
  if (errors[0]) throw errors[0];
}

function refusalOfAll(refused: readonly { readonly name: string; readonly refusal: TransportError }[]): TransportError {
  const [only] = refused;
  if (only && refused.length === 1) return only.refusal;
  const reasons = refused.map(({ name, refusal }) => `${name}: ${refusal.message}`).join('; ');
  // Waiting helps if one of them may come back by itself.
  const code = refused.every(({ refusal }) => refusal.code === 'setup') ? 'setup' : 'unavailable';
  return new TransportError(code, `none of the virtual hosts can be served: ${reasons}`, { sent: 'no' });
}

function tellUnfinished(workers: readonly VirtualHostWorker[], log: CommandLog): void {
  for (const worker of workers) {
    for (const { id, action, address } of worker.running()) {
      log.error({ virtualHost: worker.name, id, action, address }, 'ended by force while this request ran');
    }
  }
}
