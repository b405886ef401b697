import {
  createClient,
  createMemoryIdempotencyStore,
  createMemoryLockProvider,
  startServer,
  type Client,
  type ClientOptions,
  type Handler,
  type IdempotencyStore,
  type LockProvider,
  type Server,
  type ServerOptions,
} from '../../src/index.js';
import type { Claim } from '../../src/stores/idempotency.js';
import { createMemoryIdempotencyState } from '../../src/stores/memory/idempotency.js';
import { createMemoryLockState } from '../../src/stores/memory/lock.js';
import { attributeNames } from '../../transports/sqs/envelope.js';
import type { SqsTransport, SqsTransportOptions } from '../../transports/sqs/index.js';
import { createLab, type Lab } from '../transports/sqs/lab.js';
import { createMachine, type Machine } from './sqs-machine.js';

/** One SQS and one store in virtual time, with the workers and callers of many processes. */
export interface SqsStage extends Lab {
  readonly to: string;
  /** A process that dies when it is told to, with a worker; resolves once that consumes. */
  readonly worker: (options: SqsWorkerOptions) => Promise<SqsWorker>;
  readonly client: (options?: SqsCallerOptions) => Client & { readonly transport: SqsTransport };
  /** The reasons of what was set aside. They are taken out. */
  readonly setAside: () => Promise<string[]>;
  /** What is in the queue, as SQS sees it. */
  readonly depth: () => Promise<{ visible: number; inFlight: number }>;
  readonly close: () => Promise<void>;
}

export interface SqsCallerOptions extends Partial<ClientOptions> {
  readonly sqs?: SqsTransportOptions;
}

export interface SqsWorkerOptions extends Omit<Partial<ServerOptions>, 'handlers'> {
  readonly handlers: readonly Handler[];
  readonly machine?: Machine;
  readonly sqs?: SqsTransportOptions;
}

export interface SqsWorker {
  readonly machine: Machine;
  readonly server: Server;
  readonly transport: SqsTransport;
  /** As SIGKILL: what it held lapses with its leases. */
  readonly kill: () => void;
  /** As SIGSTOP, for longer than its leases are. */
  readonly standStill: () => void;
}

export function createSqsStage(): SqsStage {
  const lab = createLab();
  const { clock, emulator, api, ended } = lab;
  const to = 'jobs';
  const [locks, claims] = [createMemoryLockState(), createMemoryIdempotencyState()];
  const closing: (() => Promise<unknown>)[] = [];

  return {
    ...lab,
    to,
    async worker({ machine = createMachine(clock, emulator.requestHandler), sqs, ...options }) {
      const stores = {
        locks: createMemoryLockProvider({ clock, state: locks }),
        // It outlives every process of this stage.
        idempotency: { ...createMemoryIdempotencyStore({ clock, state: claims }), durable: true },
      };
      const transport = lab.transport({ clock: machine.clock, requestHandler: machine.requestHandler, ...sqs });
      const starting = startServer({
        ...{ transport, address: to, clock: machine.clock, fingerprintKey: 'the same for all' },
        locks: locksOf(machine, stores.locks),
        idempotency: storeOf(machine, stores.idempotency),
        ...options,
      });
      const server = await ended(starting);
      closing.push(async () => {
        if (machine.isDead) return;
        await server.stop();
        await transport.close();
      });
      const lapse = () => {
        void stores.locks.close();
        void stores.idempotency.close();
      };
      return {
        ...{ machine, server, transport },
        kill: () => {
          machine.kill();
          lapse();
        },
        standStill: () => {
          machine.pause();
          lapse();
        },
      };
    },
    client({ sqs, ...options } = {}) {
      const transport = lab.transport(sqs);
      const client = createClient({ transport, clock, ...options });
      closing.unshift(async () => {
        await client.close();
        await transport.close();
      });
      return Object.assign(client, { transport });
    },
    async setAside() {
      const letters = await lab.drain(`samovar-${to}-dlq.fifo`);
      return letters.map(({ attributes }) => attributes[attributeNames.reason] ?? '');
    },
    async depth() {
      const attributes = await api.queueAttributes((await api.queueUrl(`samovar-${to}.fifo`)) ?? '');
      return {
        visible: Number(attributes['ApproximateNumberOfMessages']),
        inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
      };
    },
    async close() {
      for (const close of closing) await ended(close(), 120_000);
      await emulator.close();
    },
  };
}

/** A process that is dead asks a store for nothing, and hears of nothing. */
function storeOf({ does }: Machine, store: IdempotencyStore): IdempotencyStore {
  function claimOf(claim: Claim): Claim {
    return {
      ...claim,
      settle: (reply) => does(() => claim.settle(reply)),
      release: (after) => does(() => claim.release(after)),
      abandon: () => does(() => claim.abandon()),
    };
  }

  return {
    ...store,
    read: (key) => does(() => store.read(key)),
    async claim(...wish) {
      const found = await does(() => store.claim(...wish));
      if (found.state === 'fresh') return claimOf(found);
      if (found.state !== 'abandoned') return found;
      return {
        ...found,
        park: (reply) => does(() => found.park(reply)),
        async takeOver() {
          const taken = await does(() => found.takeOver());
          return taken === 'lost' ? taken : claimOf(taken);
        },
      };
    },
  };
}

function locksOf({ does }: Machine, provider: LockProvider): LockProvider {
  return {
    ...provider,
    hold: (keys, wish, work) => does(() => provider.hold(keys, wish, (held) => does(() => work(held)))),
  };
}
