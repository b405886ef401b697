import type { Action, RequestInput, ResponseOf } from '../core/action.js';
import { createClient, type Client } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import type { Handler } from '../core/handler.js';
import type { CallOptions, OneWayOptions } from '../core/outgoing.js';
import { startServer } from '../core/server.js';
import type { ServerOptions } from '../core/server-options.js';
import type { Message } from '../core/transport.js';
import type { LockKey, LockProvider } from '../stores/lock.js';
import { createMemoryIdempotencyStore } from '../stores/memory/idempotency.js';
import { createMemoryLockProvider } from '../stores/memory/lock.js';
import { createMemoryBroker, type DeadLetter } from '../../transports/memory/index.js';
import { createManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';

export interface TestHarnessOptions {
  /** What is tested, or a function that makes it with the time of the harness. */
  readonly handlers: readonly Handler[] | ((setup: { readonly clock: Clock }) => readonly Handler[]);
  /** The addresses that it serves; calls go to the first. 'test' by default. */
  readonly address?: string | readonly string[];
  /** What else the worker is given, such as `authorize`, `middleware` or `fernetKeys`. */
  readonly server?: Partial<Omit<ServerOptions, 'transport' | 'address' | 'handlers' | 'clock' | 'random'>>;
  /** 1 by default: the same seed gives the same ids and delays. */
  readonly seed?: number;
}

/** A request that was sent, by the test or by a handler. */
export interface SentRequest {
  readonly action: string;
  readonly to: string;
  readonly request: unknown;
  readonly idempotencyKey: string | undefined;
  readonly wantsReply: boolean;
}

/** A run of a handler. Times are those of the harness's clock. */
export interface HandledRequest {
  readonly action: string;
  readonly request: unknown;
  readonly attempt: number;
  readonly startedAt: number;
  endedAt: number | undefined;
  ending: { readonly value: unknown } | { readonly error: unknown } | undefined;
}

/** Locks that a request had. */
export interface HeldLocks {
  readonly keys: readonly LockKey[];
  readonly lockedAt: number;
  unlockedAt: number | undefined;
}

/** A worker with its caller, broker and stores in this process, in a time that stands still until the test moves it. */
export interface TestHarness extends AsyncDisposable {
  readonly clock: Clock;
  /** Calls, and lets time go on until the call is settled. Errors as those of `client.call`. */
  call<A extends Action>(
    this: void,
    action: A,
    request: RequestInput<A>,
    options?: CallOptions,
  ): Promise<ResponseOf<A>>;
  /** Calls, and leaves time alone: to have several calls under way, or to look at what happens meanwhile. */
  begin<A extends Action>(
    this: void,
    action: A,
    request: RequestInput<A>,
    options?: CallOptions,
  ): Promise<ResponseOf<A>>;
  /** Sends a request that nobody waits for. */
  send<A extends Action>(this: void, action: A, request: RequestInput<A>, options?: OneWayOptions): Promise<void>;
  /** Time goes on by `ms`; what falls due happens, in order, each thing at its time. */
  advance(this: void, ms: number): Promise<void>;
  /** Time goes on until nothing is on its way, running, waiting or to be tried again. */
  untilIdle(this: void): Promise<void>;
  /** All below in the order in which it happened. */
  readonly sent: readonly SentRequest[];
  readonly handled: readonly HandledRequest[];
  /** The replies, as JSON. */
  readonly replied: readonly unknown[];
  readonly locked: readonly HeldLocks[];
  /** What is set aside now. */
  quarantined(this: void): readonly DeadLetter[];
  close(): Promise<void>;
}

/** For tests of handlers: no broker, no sleep. What handlers wait for has to use the harness's `clock`. */
export async function createTestHarness(options: TestHarnessOptions): Promise<TestHarness> {
  const { server: serverOptions = {}, seed = 1 } = options;
  const addresses = typeof options.address === 'string' ? [options.address] : (options.address ?? ['test']);
  const [address = 'test'] = addresses;
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const sent: SentRequest[] = [];
  const handled: HandledRequest[] = [];
  const replied: unknown[] = [];
  const locked: HeldLocks[] = [];

  const broker = createMemoryBroker({
    ...{ clock, random },
    observe(to, message, { kind }) {
      if (kind !== 'accepted') return;
      if (message.action === undefined) replied.push(JSON.parse(message.body));
      else sent.push(sentRequest(to, message.action, message));
    },
  });
  const handlers = typeof options.handlers === 'function' ? options.handlers({ clock }) : options.handlers;
  const locks = serverOptions.locks ?? createMemoryLockProvider({ clock });
  // It outlives every worker of this test, so that `onCrash: 'park'` can be tested, too.
  const idempotency = { ...createMemoryIdempotencyStore({ clock }), durable: true };
  const workerTransport = broker.connect();
  const server = await startServer({
    ...{ fingerprintKey: 'test', idempotency, ...serverOptions, clock, random },
    ...{ transport: workerTransport, address: addresses, locks: watched(locks, clock, locked) },
    handlers: handlers.map((handler) => recorded(handler, clock, handled)),
  });
  const callerTransport = broker.connect();
  const { fernetKeys } = serverOptions;
  const client = createClient({ transport: callerTransport, clock, random, ...(fernetKeys && { fernetKeys }) });

  async function step(): Promise<void> {
    await clock.advance(0);
    if (!isIdle()) await clock.advance(clock.nextInMs() ?? 0);
  }

  function isIdle(): boolean {
    const waiting = addresses.reduce((sum, each) => sum + broker.depth(each), 0);
    return waiting + server.health().inFlight + client.health().pending === 0;
  }

  const begin: Client['call'] = (action, request, callOptions) =>
    client.call(action, request, { to: address, ...callOptions });

  async function close(): Promise<void> {
    const stopping = server.stop();
    while (server.health().state !== 'stopped') await clock.advance(clock.nextInMs() ?? 0);
    await stopping;
    await client.close();
    await Promise.all([workerTransport.close(), callerTransport.close(), idempotency.close(), locks.close()]);
  }

  return {
    ...{ clock, begin, sent, handled, replied, locked },
    async call(action, request, callOptions) {
      const calling = begin(action, request, callOptions);
      let isSettled = false;
      const settled = (): void => void (isSettled = true);
      calling.then(settled, settled);
      while (!isSettled) await step();
      return calling;
    },
    send: (action, request, sendOptions) => client.send(action, request, { to: address, ...sendOptions }),
    advance: (ms) => clock.advance(ms),
    async untilIdle() {
      do await step();
      while (!isIdle());
    },
    quarantined: () => addresses.flatMap((each) => broker.deadLetters(each)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sentRequest(to: string, action: string, { body, headers, replyTo }: Message): SentRequest {
  const idempotencyKey = headers['samovar-idempotency-key'];
  return { action, to, request: JSON.parse(body), idempotencyKey, wantsReply: replyTo !== undefined };
}

function recorded(handler: Handler, clock: Clock, handled: HandledRequest[]): Handler {
  return {
    ...handler,
    async run(request, context) {
      const run: HandledRequest = {
        ...{ action: handler.action.name, request, attempt: context.attempt, startedAt: clock.now() },
        ...{ endedAt: undefined, ending: undefined },
      };
      handled.push(run);
      const end = (ending: HandledRequest['ending']): void => {
        run.endedAt = clock.now();
        run.ending = ending;
      };
      try {
        const value = await handler.run(request, context);
        end({ value });
        return value;
      } catch (error) {
        end({ error });
        throw error;
      }
    },
  };
}

function watched(locks: LockProvider, clock: Clock, locked: HeldLocks[]): LockProvider {
  return {
    hold: (keys, options, work) =>
      locks.hold(keys, options, async (held) => {
        const hold: HeldLocks = { keys, lockedAt: clock.now(), unlockedAt: undefined };
        locked.push(hold);
        try {
          return await work(held);
        } finally {
          hold.unlockedAt = clock.now();
        }
      }),
    close: () => locks.close(),
  };
}
