import { systemClock, within } from './clock.js';
import { silentLog } from './log.js';
import { checkServerOptions, type ServerOptions } from './server-options.js';
import type { Consumer, TransportHealth } from './transport.js';
import { createWorker } from './worker.js';

export interface ServerHealth {
  readonly state: 'ready' | 'draining' | 'stopped';
  /** Since when it has been in that state, in epoch milliseconds. */
  readonly since: number;
  /** Why somebody should look at it; empty when all is well. */
  readonly red: readonly string[];
  /** The addresses that it consumes now. */
  readonly consuming: readonly string[];
  /** Deliveries that it holds at once, per address. */
  readonly intake: number;
  /** Requests in hand, running ones included. */
  readonly inFlight: number;
  readonly running: number;
  /** Requests that wait for a lock, a running duplicate or a slot. */
  readonly waiting: number;
  /** Handlers that ignore their signal. */
  readonly stuck: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly transport: TransportHealth;
}

export interface StopReport {
  /** The message ids of what had to be aborted because it did not end in time; these requests go back to the broker. */
  readonly unfinished: readonly string[];
}

export interface Server extends AsyncDisposable {
  health(): ServerHealth;
  /**
   * Takes nothing more, gives back what has not started, lets the running handlers end within `drainMs`, and
   * aborts those that do not. The transport stays. Idempotent: later calls get the first one's report.
   */
  stop(): Promise<StopReport>;
}

/** How long handlers that were told to stop have to do so. */
const abortGraceMs = 1_000;

/**
 * Serves the addresses until `stop`. Resolves once all are consumed.
 * @throws TypeError for an option that cannot be right. @throws TransportError for a set-up that the broker refuses.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const addresses = checkServerOptions(options);
  const { transport, drainMs = 25_000, clock = systemClock, log = silentLog } = options;
  const { dispatcher, ...worker } = createWorker(options);
  const consumers = new Map<string, Consumer>();
  let state: ServerHealth['state'] = 'ready';
  let since = clock.now();
  let stopping: Promise<StopReport> | undefined;

  function become(next: ServerHealth['state']): void {
    state = next;
    since = clock.now();
  }

  async function consume(address: string): Promise<void> {
    const { actions, intake } = worker;
    const consumer = await transport.consume(
      address,
      { actions, intake, control: (message, sender) => dispatcher.control(message, sender) },
      (delivery) => dispatcher.receive(address, delivery),
    );
    consumers.set(address, consumer);
    void consumer.lost.then((err) => {
      consumers.delete(address);
      log.error({ err, address }, 'an address is no longer consumed');
    });
    // Another address failed the start meanwhile.
    if (state !== 'ready') await stopConsuming(address, consumer);
  }

  async function stopConsuming(address: string, consumer: Consumer): Promise<void> {
    try {
      await consumer.stop();
    } catch (err) {
      log.error({ err, address }, 'a consumer could not be stopped in good order');
    }
  }

  async function stopConsumers(): Promise<void> {
    await Promise.all([...consumers].map(([address, consumer]) => stopConsuming(address, consumer)));
    consumers.clear();
  }

  async function drain(): Promise<StopReport> {
    become('draining');
    const stopped = stopConsumers();
    dispatcher.drain();
    await within(clock, drainMs, dispatcher.idle());
    const unfinished = [...worker.inHand.all()].map(({ id, action }) => {
      log.error({ id, action }, 'a request did not end before the worker stopped; it is aborted and goes back');
      return id;
    });
    dispatcher.abort();
    await within(clock, abortGraceMs, dispatcher.idle());
    await within(clock, abortGraceMs, stopped);
    await worker.close();
    become('stopped');
    return { unfinished };
  }

  try {
    await Promise.all(addresses.map(consume));
  } catch (error) {
    await drain();
    throw error;
  }

  const server: Server = {
    health() {
      const carrier = transport.health();
      return {
        state,
        since,
        red: redFlags(addresses, consumers, worker.inHand.stuck(), carrier, state),
        consuming: [...consumers.keys()],
        intake: worker.intake,
        inFlight: dispatcher.inFlight(),
        running: worker.inHand.running(),
        waiting: worker.waiting(),
        stuck: worker.inHand.stuck(),
        counters: worker.counters(),
        transport: carrier,
      };
    },
    stop: () => (stopping ??= drain()),
    async [Symbol.asyncDispose]() {
      await server.stop();
    },
  };
  return server;
}

function redFlags(
  addresses: readonly string[],
  consumers: ReadonlyMap<string, Consumer>,
  stuck: number,
  transport: TransportHealth,
  state: ServerHealth['state'],
): string[] {
  const lost = state === 'ready' ? addresses.filter((address) => !consumers.has(address)) : [];
  return [
    ...lost.map((address) => `${address} is not consumed`),
    ...(stuck > 0 ? [`${stuck} handlers ignore their signal`] : []),
    ...(transport.reason === undefined ? [] : [transport.reason]),
  ];
}
