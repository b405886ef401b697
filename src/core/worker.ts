import { createDeadlines } from '../middleware/deadline.js';
import { guarded } from '../middleware/observe.js';
import { createMemoryIdempotencyStore } from '../stores/memory/idempotency.js';
import { createMemoryLockProvider } from '../stores/memory/lock.js';
import { createKeyring, fingerprintKeysOf } from '../secrets/keyring.js';
import { assemble } from './assemble.js';
import type { Call } from './call.js';
import { createCancels } from './cancels.js';
import { createClient, type Client } from './client.js';
import { systemClock } from './clock.js';
import { createCounters } from './counters.js';
import { createDispatcher, type Dispatcher } from './dispatcher.js';
import { createIdentities } from './identity.js';
import { createInHand } from './in-hand.js';
import { silentLog } from './log.js';
import type { WorkerParts } from './parts.js';
import { systemRandom } from './random.js';
import { createReadRequest } from './read-request.js';
import { createRecent } from './recent.js';
import { createRegistry } from './registry.js';
import { createResponder } from './responder.js';
import { createResults } from './result.js';
import type { ServerOptions } from './server-options.js';
import { createSlots } from './slots.js';
import { createWaitingRoom } from './waiting-room.js';

/** The parts of a worker, put together; the server connects them to its transport. */
export interface Worker {
  readonly dispatcher: Dispatcher;
  readonly actions: readonly string[];
  /** Deliveries held at once, per address. */
  readonly intake: number;
  readonly inHand: WorkerParts['inHand'];
  readonly waiting: () => number;
  readonly counters: () => Record<string, number>;
  /** Closes what was made for this worker alone. */
  readonly close: () => Promise<void>;
}

export function createWorker(options: ServerOptions): Worker {
  const { transport, concurrency = 16, maxWaiting = 256, maxWaitingPerKey = 128, lockWaitMs = 600_000 } = options;
  const { maxStarts = 5, clockSkewMs = 2_000, middleware = [], authorize, hooks } = options;
  const { clock = systemClock, random = systemRandom, log = silentLog } = options;
  const { fernetKeys = [], allowPlainSecrets = false } = options;
  const { maxBodyBytes, countsAttempts } = transport.traits;
  const intake = concurrency + maxWaiting;
  const addresses = typeof options.address === 'string' ? 1 : options.address.length;

  const registry = createRegistry(options.handlers);
  const locks = options.locks ?? createMemoryLockProvider({ clock });
  const store = options.idempotency ?? createMemoryIdempotencyStore({ clock });
  let ownClient: Client | undefined;
  const forClient = { transport, clock, random, log, fernetKeys, allowPlainSecrets };
  const client = (): Client => options.client ?? (ownClient ??= createClient(forClient));

  const counters = createCounters();
  const inHand = createInHand({ clock, counters, log });
  const deadlines = createDeadlines({
    clock,
    inHand,
    answerEarly: (call: Call, error) => dispatcher.answerEarly(call, error),
  });
  const parts: WorkerParts = {
    ...{ inHand, locks, store, deadlines, authorize, middleware, counters, clock, random, log },
    ...{ lockWaitMs, maxStarts, clockSkewMs, maxBodyBytes, countsAttempts, client },
    secrets:
      fernetKeys.length === 0
        ? undefined
        : { keyring: createKeyring(fernetKeys, { clock }), allowsPlain: allowPlainSecrets },
    slots: createSlots(concurrency),
    room: createWaitingRoom({ maxWaiting, maxWaitingPerKey }),
    results: createResults({ log, random, monotonicMs: () => clock.monotonicMs(), maxBodyBytes }),
    identities: createIdentities({ fingerprintKeys: fingerprintKeysFor(options), isDurable: store.durable }),
    observe: guarded(hooks?.onStage?.bind(hooks), log),
    observeEnd: guarded(hooks?.onEnd?.bind(hooks), log),
  };
  const dispatcher = createDispatcher({
    ...parts,
    read: createReadRequest({ registry, clock, clockSkewMs }),
    pipelines: new Map([...registry].map(([name, handler]) => [name, assemble(handler, parts)])),
    responder: createResponder({ transport, clock, random, log, counters }),
    // What was handed out at all addresses may come back together, and new requests may come before it.
    recent: createRecent(Math.max(2, addresses) * intake),
    cancels: createCancels(clock),
  });

  return {
    dispatcher,
    actions: [...registry.keys()],
    intake,
    inHand,
    waiting: () => parts.room.size() + parts.slots.waiting(),
    counters: () => counters.snapshot(),
    async close() {
      inHand.close();
      deadlines.close();
      await ownClient?.close();
      if (!options.locks) await locks.close();
      if (!options.idempotency) await store.close();
    },
  };
}

/** A store that is not durable is read by nobody but this process, and needs no secret. */
function fingerprintKeysFor({ fingerprintKey, fernetKeys = [] }: ServerOptions): readonly [string, ...string[]] {
  const [first = 'samovar', ...others] =
    fingerprintKey === undefined ? fingerprintKeysOf(fernetKeys) : [fingerprintKey];
  return [first, ...others];
}
