import { randomUUID } from 'node:crypto';
import { createClient, type RedisClientType } from 'redis';
import { createRedisIdempotencyStore } from '../../src/stores/redis/idempotency.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import type { IdempotencyHarness } from '../../src/testing/idempotency-conformance.js';
import type { LockHarness } from '../../src/testing/lock-conformance.js';
import { createManualClock, type ManualClock } from '../../src/testing/manual-clock.js';
import type { StoreHarness } from '../../src/testing/store-harness.js';
import { startRedis } from '../support/redis.js';
import { passRedisTime } from '../support/redis-time.js';
import { createStandstill, type Standstill } from './redis-standstill.js';

const second = 1_000;
/** Longer than any step of time below: what is under way when time moves is not given up. */
const commandTimeoutMs = 3_600 * second;

interface Closable {
  close(): Promise<void>;
}

interface Parts {
  readonly redis: RedisClientType;
  readonly clock: ManualClock;
  readonly prefix: string;
  /** The options that each store of this harness has. */
  readonly options: { clock: ManualClock; namespace: string; commandTimeoutMs: number };
  readonly connect: <Store extends Closable>(
    create: (client: Standstill) => Store,
  ) => Promise<{ store: Store; crash: () => Promise<void> }>;
  readonly shared: Pick<StoreHarness<never>, 'advance' | 'freshKey' | 'patience' | 'destroy'>;
}

async function createParts(stepMs: number): Promise<Parts> {
  const server = await startRedis();
  const redis: RedisClientType = createClient({ url: server.url });
  await redis.connect();
  const opened: Closable[] = [];
  const clients = new Set<Standstill>();
  const clock = createManualClock({ settle });
  const namespace = randomUUID();
  const prefix = `{${namespace}}:`;
  let lastKey = 0;

  /** What one step sets off in another store is over after a few rounds. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      for (const client of clients) await client.atRest();
    }
  }

  return {
    redis,
    clock,
    prefix,
    options: { clock, namespace, commandTimeoutMs },
    async connect(create) {
      const client = createStandstill(server.url);
      clients.add(client);
      const store = create(client);
      opened.push(store);
      await client.atRest();
      return { store, crash: async () => client.standStill() };
    },
    shared: {
      /** Redis first: what a store waits for has happened when its timer says that it must have. */
      async advance(ms) {
        // A little more, for what the stores add to be sure.
        for (let leftMs = ms + 10; leftMs > 0; leftMs -= stepMs) {
          const nextMs = Math.min(stepMs, leftMs);
          await passRedisTime(redis, prefix, Math.ceil(nextMs));
          await clock.advance(nextMs);
        }
      },
      freshKey: () => `key-${(lastKey += 1)}`,
      patience: (signal) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, 20 * second);
          signal.addEventListener('abort', () => {
            clearTimeout(timer);
            resolve();
          });
        }),
      async destroy() {
        await Promise.all(opened.map((store) => store.close()));
        const left = await redis.keys(`${prefix}*`);
        if (left.length > 0) await redis.del(left);
        redis.destroy();
        await server.close();
      },
    },
  };
}

export async function createRedisLockHarness(): Promise<LockHarness & { readonly clock: ManualClock }> {
  const leaseMs = 30 * second;
  const { redis, clock, prefix, options, connect, shared } = await createParts(leaseMs / 12);
  return {
    ...shared,
    clock,
    leaseMs,
    entries: async () => {
      await clock.advance(0);
      return redis.hLen(`${prefix}lock:held`);
    },
    connect: () => connect((client) => createRedisLockProvider({ ...options, leaseMs, client })),
  };
}

export async function createRedisIdempotencyHarness({ leaseMs = 30 * second, keepMs = 120 * second } = {}): Promise<
  IdempotencyHarness & { readonly clock: ManualClock }
> {
  const { redis, clock, prefix, options, connect, shared } = await createParts(leaseMs / 12);
  return {
    ...shared,
    clock,
    leaseMs,
    keepMs,
    entries: async () => (await redis.keys(`${prefix}claim:*`)).length,
    connect: () => connect((client) => createRedisIdempotencyStore({ ...options, leaseMs, keepMs, client })),
  };
}
