import { createDeadlines } from '../middleware/deadline.js';
import { guarded } from '../middleware/observe.js';
import { createMemoryIdempotencyStore } from '../stores/memory/idempotency.js';
import { createMemoryLockProvider } from '../stores/memory/lock.js';
import { assemble } from './assemble.js';
import type { Call } from './call.js';
import { createCancels } from './cancels.js';
import { createClient, type Client } from './client.js';
import { systemClock } from './clock.js';
import { createCounters } from './counters.js';
import { createDispatcher, type Dispatcher } from './dispatcher.js';
import { createIdentities } from './identity.js';
import { silentLog } from './log.js';
import { systemRandom } from './random.js';
import { createRecent } from './recent.js';
import { createRegistry } from './registry.js';
import { createResponder } from './responder.js';
import { createResults } from './result.js';
import { createRuns } from './runs.js';
import type { ServerOptions } from './server-options.js';
import { createSlots } from './slots.js';
import { createWaitingRoom } from './waiting-room.js';

/** The parts of a worker, put together; the server connects them to its transport. */
export interface Worker {
  readonly dispatcher: Dispatcher;
  readonly actions: readonly string[];
  /** Deliveries held at once, per address. */
  readonly intake: number;
  readonly running: () => Call[];
  readonly waiting: () => number;
  readonly stuck: () => number;
  readonly counters: () => Record<string, number>;
  /** Closes what was made for this worker alone. */
  readonly close: () => Promise<void>;
}

export function createWorker(options: ServerOptions): Worker {
  const { transport, concurrency = 16, maxWaiting = 256, maxWaitingPerKey = 128, lockWaitMs = 600_000 } = options;
  const { maxStarts = 5, clockSkewMs = 2_000, middleware = [], authorize, hooks } = options;
  const { clock = systemClock, random = systemRandom, log = silentLog } = options;
  const { maxBodyBytes, countsAttempts } = transport.traits;

  const locks = options.locks ?? createMemoryLockProvider({ clock });
  const store = options.idempotency ?? createMemoryIdempotencyStore({ clock });
  let ownClient: Client | undefined;
  const client = (): Client => options.client ?? (ownClient ??= createClient({ transport, clock, random, log }));

  const registry = createRegistry(options.handlers);
  const counters = createCounters();
  const observe = guarded(hooks?.onStage?.bind(hooks), log);
  const observeEnd = guarded(hooks?.onEnd?.bind(hooks), log);
  const runs = createRuns({ clock, counters, log });
  const slots = createSlots(concurrency);
  const room = createWaitingRoom({ maxWaiting, maxWaitingPerKey });
  const results = createResults({ log, random, monotonicMs: () => clock.monotonicMs(), maxBodyBytes });
  const identities = createIdentities({
    // A store that is not durable is read by nobody but this process.
    fingerprintKey: options.fingerprintKey ?? 'samovar',
    isDurable: store.durable,
  });
  const deadlines = createDeadlines({ clock, runs, answerEarly: (call, error) => dispatcher.answerEarly(call, error) });
  const assembly = {
    ...{ authorize, middleware, locks, store, identities, slots, room, runs, results, deadlines, observe },
    ...{ clock, random, log, lockWaitMs, maxStarts, countsAttempts, client },
  };
  const pipelines = new Map([...registry].map(([name, handler]) => [name, assemble(handler, assembly)]));
  const responder = createResponder({ transport, clock, random, log, counters });
  const recent = createRecent(2 * (concurrency + maxWaiting));
  const cancels = createCancels(clock);
  const dispatcher = createDispatcher({
    ...{
      registry,
      pipelines,
      responder,
      results,
      runs,
      recent,
      cancels,
      counters,
      observe,
      observeEnd,
      clock,
      log,
      clockSkewMs,
    },
  });

  return {
    dispatcher,
    actions: [...registry.keys()],
    intake: concurrency + maxWaiting,
    running: () => runs.all(),
    waiting: () => room.size + slots.waiting,
    stuck: () => runs.stuck,
    counters: () => counters.snapshot(),
    async close() {
      await ownClient?.close();
      if (!options.locks) await locks.close();
      if (!options.idempotency) await store.close();
    },
  };
}
