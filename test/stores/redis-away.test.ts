import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RpcError } from '../../src/core/errors.js';
import { exclusive, limit, shared } from '../../src/stores/lock.js';
import { createRedisIdempotencyStore } from '../../src/stores/redis/idempotency.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import type { RedisStoreOptions } from '../../src/stores/redis/options.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { ask } from '../../src/testing/stores/ask.js';
import { take } from '../../src/testing/stores/take.js';
import { startOwnRedis, type OwnRedis } from '../support/redis.js';
import { startSilentProxy } from '../support/silent-proxy.js';

const never = new AbortController().signal;
const wish = { signal: never, owner: 'someone', ancestors: [] };
const asked = { messageId: 'message-1' };

let redis: OwnRedis;
let closing: (() => Promise<unknown>)[] = [];
const warnings: Error[] = [];
const warned = (warning: Error): void => void warnings.push(warning);

beforeAll(async () => {
  process.on('warning', warned);
  redis = await startOwnRedis({ persistent: 'unsynced' });
});
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  redis.resume();
  for (const close of closing) await close();
  expect(warnings).toEqual([]);
});
afterAll(async () => {
  process.off('warning', warned);
  await redis.close();
});

function locksAt(url = redis.url, options: RedisStoreOptions & { leaseMs?: number } = {}) {
  const locks = createRedisLockProvider({ url, commandTimeoutMs: 500, ...options });
  closing.unshift(() => locks.close());
  return locks;
}

function storeAt(url = redis.url, options: RedisStoreOptions & { leaseMs?: number } = {}) {
  const store = createRedisIdempotencyStore({ url, commandTimeoutMs: 500, ...options });
  closing.unshift(() => store.close());
  return store;
}

function isUnavailable(error: unknown): boolean {
  return (
    error instanceof RpcError && error.code === 'unavailable' && error.outcome === 'not_executed' && error.retryable
  );
}

/** Everything that may be asked of a store is refused, and no work begins. */
async function expectRefusals(locks: ReturnType<typeof locksAt>, store: ReturnType<typeof storeAt>): Promise<void> {
  let begun = 0;
  const steps = await Promise.allSettled([
    locks.hold([exclusive('a')], wish, async () => (begun += 1)),
    store.read('a'),
    store.claim('a', 'fp', asked),
  ]);
  for (const step of steps) expect(step).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  expect(steps.map((step) => step.status === 'rejected' && isUnavailable(step.reason))).toEqual([true, true, true]);
  expect(begun).toBe(0);
}

async function works(locks: ReturnType<typeof locksAt>, store: ReturnType<typeof storeAt>): Promise<boolean> {
  try {
    await locks.hold([exclusive('b')], wish, async () => undefined);
    await store.read('b');
    return true;
  } catch {
    return false;
  }
}

describe('while Redis is away, steps are refused as unavailable and not executed; when it is back, they are done', () => {
  test('killed and started again', async () => {
    const [locks, store] = [locksAt(), storeAt()];
    await expect.poll(() => works(locks, store)).toBe(true);
    await redis.kill9();
    await expectRefusals(locks, store);
    await redis.start();
    await expect.poll(() => works(locks, store)).toBe(true);
  });

  test('not there at the start', async () => {
    await redis.kill9();
    const [locks, store] = [locksAt(), storeAt()];
    await expectRefusals(locks, store);
    await redis.start();
    await expect.poll(() => works(locks, store)).toBe(true);
  });

  test('standing still', async () => {
    const [locks, store] = [locksAt(), storeAt()];
    await expect.poll(() => works(locks, store)).toBe(true);
    redis.pause();
    await expectRefusals(locks, store);
    redis.resume();
    await expect.poll(() => works(locks, store)).toBe(true);
  });

  test('behind a link that swallows everything', async () => {
    const proxy = await startSilentProxy(redis.port);
    const url = `redis://127.0.0.1:${proxy.port}`;
    const [locks, store] = [locksAt(url), storeAt(url)];
    closing.push(() => proxy.close());
    await expect.poll(() => works(locks, store)).toBe(true);
    proxy.swallow(true);
    await expectRefusals(locks, store);
    proxy.swallow(false);
    await expect.poll(() => works(locks, store), { timeout: 20_000 }).toBe(true);
  });

  test('with a client that gives up for good', async () => {
    const client = createClient({ url: redis.url, socket: { reconnectStrategy: false } });
    const options = { client, commandTimeoutMs: 500 };
    const [locks, store] = [createRedisLockProvider(options), createRedisIdempotencyStore(options)];
    closing.unshift(
      () => locks.close(),
      () => store.close(),
    );
    await expect.poll(() => works(locks, store)).toBe(true);
    await redis.kill9();
    await expectRefusals(locks, store);
    await redis.start();
    await expect.poll(() => works(locks, store)).toBe(true);
  });
});

test('killed under use: nothing crashes, no lock has two holders, and work goes on afterwards', async () => {
  const providers = [locksAt(), locksAt(), locksAt()];
  const keys = [exclusive('one'), exclusive('two')];
  const holders = new Map<string, number>();
  let [done, refused, over] = [0, 0, false];
  const others: unknown[] = [];

  async function work(nth: number): Promise<void> {
    const locks = providers[nth % 3] ?? locksAt();
    const key = keys[nth % 2] ?? exclusive('one');
    while (!over) {
      try {
        await locks.hold([key, shared('all'), limit('some', 20)], wish, async () => {
          const now = (holders.get(key.name) ?? 0) + 1;
          holders.set(key.name, now);
          if (now > 1) others.push(new Error(`${now} holders of ${key.name}`));
          await new Promise((resolve) => setImmediate(resolve));
          holders.set(key.name, now - 1);
          done += 1;
        });
      } catch (error) {
        refused += 1;
        if (!isUnavailable(error)) others.push(error);
      }
    }
  }

  const workers = Array.from({ length: 60 }, (_, nth) => work(nth));
  try {
    await expect.poll(() => done).toBeGreaterThan(200);
    await redis.kill9();
    await expect.poll(() => refused).toBeGreaterThan(0);
    await redis.start();
    const doneBefore = done;
    await expect.poll(() => done, { timeout: 20_000 }).toBeGreaterThan(doneBefore + 200);
  } finally {
    // Or they go on for ever at providers that are closed, and let nothing else run.
    over = true;
  }
  await Promise.all(workers);
  expect(others).toEqual([]);
});

test('who waits is woken by a message after Redis was killed as well', async () => {
  // Time stands still for those who wait: no poll wakes them.
  const [waiting, ending] = [storeAt(redis.url, { clock: createManualClock() }), storeAt()];
  const [patient, holding] = [locksAt(redis.url, { clock: createManualClock() }), locksAt()];
  await expect.poll(() => works(holding, ending)).toBe(true);
  await redis.kill9();
  await redis.start();
  await expect.poll(() => works(holding, ending)).toBe(true);
  await expect.poll(() => works(patient, waiting)).toBe(true);
  const admin = await createClient({ url: redis.url }).connect();
  closing.unshift(async () => admin.destroy());
  // The four that this test has opened.
  await expect.poll(async () => (await admin.pubSubChannels('{samovar}:to:*')).length).toBe(4);

  const holder = ask(holding, [exclusive('queue')]);
  await holder.granted;
  const next = ask(patient, [exclusive('queue')]);
  const claim = await take(ending, 'running');
  const seen = await waiting.read('running');
  const changed = seen.state === 'running' ? seen.changed(never) : Promise.reject(new Error(seen.state));
  await expect.poll(() => admin.zCard('{samovar}:lock:waiting')).toBe(1);
  holder.end();
  await claim.settle('done');
  await Promise.all([next.granted, changed]);
  next.end();
});

test('a claim and a lock whose answers were lost are taken back', async () => {
  const [store, locks, other] = [storeAt(), locksAt(), locksAt()];
  await expect.poll(() => works(locks, store)).toBe(true);
  redis.pause();
  await expect(store.claim('lost', 'fp', asked)).rejects.toSatisfy(isUnavailable);
  await expect(locks.hold([exclusive('lost')], wish, async () => undefined)).rejects.toSatisfy(isUnavailable);
  redis.resume();
  await expect.poll(() => store.read('lost').catch(() => undefined)).toEqual({ state: 'none' });
  const next = ask(other, [exclusive('lost')]);
  await next.granted;
  next.end();
  expect(await take(store, 'lost')).toMatchObject({ starts: 1 });
});

test('a lock asked for right before its provider was closed keeps nobody out', async () => {
  const [locks, other] = [locksAt(redis.url, { commandTimeoutMs: 20_000 }), locksAt()];
  const store = storeAt();
  await expect.poll(() => works(locks, store)).toBe(true);
  redis.pause();
  const asked = ask(locks, [exclusive('late')]);
  asked.abort(new Error('gave up'));
  await expect(asked.done).rejects.toThrow('gave up');
  // Meanwhile it is on its way.
  await expect(store.read('marker')).rejects.toSatisfy(isUnavailable);
  const closed = locks.close();
  redis.resume();
  await closed;
  const next = ask(other, [exclusive('late')]);
  await expect.poll(() => next.state).toBe('held');
  next.end();
});

test('an answer that could not be recorded at first is recorded once Redis is back, within the lease', async () => {
  const store = storeAt(redis.url, { leaseMs: 60_000 });
  const claim = await take(store, 'late');
  await redis.kill9();
  await expect(claim.settle('done')).rejects.toSatisfy(isUnavailable);
  await redis.start();
  await expect.poll(() => claim.settle('done').catch(() => undefined)).toBe('recorded');
  expect(claim.signal?.aborted).toBe(false);
  expect(await store.read('late')).toMatchObject({ state: 'settled', reply: 'done' });
});

test('a holder that cannot renew is told before its lease is over', async () => {
  const [locks, store] = [locksAt(redis.url, { leaseMs: 3_000 }), storeAt(redis.url, { leaseMs: 3_000 })];
  const holder = ask(locks, [exclusive('renewed')]);
  const { signal } = await holder.granted;
  const claim = await take(store, 'renewed');
  const startedMs = performance.now();
  redis.pause();
  await expect.poll(() => [signal?.aborted, claim.signal?.aborted]).toEqual([true, true]);
  expect(performance.now() - startedMs).toBeLessThan(3_000);
  redis.resume();
  holder.end('done');
  expect(await holder.done).toBe('done');
  await claim.abandon();
});

test('a Redis that lost its data: the holder is told, and fences still rise', async () => {
  const forgetful = await startOwnRedis();
  closing.push(() => forgetful.close());
  const [locks, other] = [locksAt(forgetful.url, { leaseMs: 3_000 }), locksAt(forgetful.url)];
  const holder = ask(locks, [exclusive('a')]);
  const { signal, fence } = await holder.granted;
  await forgetful.kill9();
  await forgetful.start();
  await expect.poll(() => signal?.aborted).toBe(true);
  const next = ask(other, [exclusive('a')]);
  expect((await next.granted).fence).toBeGreaterThan(fence);
  next.end();
  holder.end();
});

test('a Redis that has forgotten the scripts is told them again', async () => {
  const [locks, store] = [locksAt(), storeAt()];
  await expect.poll(() => works(locks, store)).toBe(true);
  const admin = await createClient({ url: redis.url }).connect();
  closing.unshift(async () => admin.destroy());
  await admin.scriptFlush();
  expect(await works(locks, store)).toBe(true);
});
