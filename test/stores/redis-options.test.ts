import { inspect } from 'node:util';
import { createClient, createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { exclusive } from '../../src/stores/lock.js';
import { createRedisIdempotencyStore } from '../../src/stores/redis/idempotency.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import type { RedisStoreOptions } from '../../src/stores/redis/options.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { ask } from '../../src/testing/stores/ask.js';
import { take } from '../../src/testing/stores/take.js';
import { startOwnRedis, type OwnRedis } from '../support/redis.js';

const wish = { signal: new AbortController().signal, owner: 'someone', ancestors: [] };
const password = 'canary-8f3c1e';

let redis: OwnRedis;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startOwnRedis();
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});
afterAll(() => redis.close());

function both(options: RedisStoreOptions) {
  const locks = createRedisLockProvider(options);
  const store = createRedisIdempotencyStore(options);
  closing.unshift(
    () => locks.close(),
    () => store.close(),
  );
  return { locks, store };
}

async function use({ locks, store }: ReturnType<typeof both>): Promise<void> {
  const holder = ask(locks, [exclusive('a'), exclusive('b')]);
  await holder.granted;
  const next = ask(locks, [exclusive('b'), exclusive('c')]);
  holder.end();
  await next.granted;
  next.end();
  const claim = await take(store, 'a');
  const seen = await store.read('a');
  const changed = seen.state === 'running' ? seen.changed(wish.signal) : Promise.reject(new Error(seen.state));
  expect(await claim.settle('done')).toBe('recorded');
  await changed;
  await (await take(store, 'b')).release();
}

test('options that cannot be are refused at once, without showing the URL', () => {
  for (const create of [createRedisLockProvider, createRedisIdempotencyStore]) {
    expect(() => create({})).toThrow(new TypeError('expected either `url` or `client`, got neither'));
    expect(() => create({ client: { duplicate: () => new Map() } })).toThrow(/node-redis/);
    expect(() => create({ url: redis.url, namespace: 'a{b}' })).toThrow(TypeError);
    expect(() => create({ url: redis.url, namespace: '' })).toThrow(TypeError);
    expect(() => create({ url: redis.url, leaseMs: 0 })).toThrow(/leaseMs/);
    expect(() => create({ url: redis.url, commandTimeoutMs: Number.NaN })).toThrow(/commandTimeoutMs/);
    for (const url of [`redis://user:${password}@:x`, `http://user:${password}@127.0.0.1`, password]) {
      const error: unknown = catching(() => create({ url }));
      expect(error).toBeInstanceOf(TypeError);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
    }
  }
});

function catching(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

test('a password is in no error and no log, be it right or wrong', async () => {
  const locked = await startOwnRedis({ password });
  closing.push(() => locked.close());
  const logged: unknown[] = [];
  const write = (...line: unknown[]): void => void logged.push(line);
  const log = { debug: write, info: write, warn: write, error: write };
  const [right, wrong] = [`redis://:${password}@127.0.0.1`, `redis://:not-${password}@127.0.0.1`];

  const refused = both({ url: `${wrong}:${locked.port}`, commandTimeoutMs: 500, log });
  logged.push(await refused.store.read('a').catch((error: unknown) => error));
  const let_in = both({ url: `${right}:${locked.port}`, commandTimeoutMs: 500, log });
  await use(let_in);
  await locked.kill9();
  logged.push(await let_in.store.read('a').catch((error: unknown) => error));
  expect(logged.length).toBeGreaterThan(3);
  expect(inspect(logged, { depth: 20, showHidden: true })).not.toContain(password);
});

test('close ends every connection that was opened, and leaves no timer', async () => {
  const admin = await createClient({ url: redis.url }).connect();
  closing.unshift(async () => admin.destroy());
  const connections = async () => (await admin.clientList()).length;
  expect(await connections()).toBe(1);
  const clock = createManualClock();
  const stores = both({ url: redis.url, clock });
  await use(stores);
  expect(await connections()).toBe(5);
  for (const store of [stores.locks, stores.store]) await Promise.all([store.close(), store.close()]);
  await expect.poll(connections).toBe(1);
  expect(clock.pending()).toBe(0);
});

test('a client of the user is copied with its options, and never used, connected or closed', async () => {
  const client = createClient({ url: redis.url, name: 'theirs', database: 3 });
  const admin = await createClient({ url: redis.url, database: 3 }).connect();
  closing.unshift(async () => admin.destroy());
  const stores = both({ client, namespace: 'theirs' });
  await use(stores);
  expect(client.isOpen).toBe(false);
  expect((await admin.clientList()).filter(({ name }) => name === 'theirs')).toHaveLength(4);
  expect(await admin.get('{theirs}:lock:fence')).toMatch(/^\d{16}$/);
  await client.connect();
  await stores.locks.close();
  await stores.store.close();
  expect(await client.ping()).toBe('PONG');
  client.destroy();
});

test('a client that answers in another form, or speaks RESP 2, does as well', async () => {
  for (const RESP of [2, 3] as const) {
    const commandOptions = { typeMapping: { 36: Buffer, 58: String } };
    const client = createClient({ url: redis.url, RESP, commandOptions, keyPrefix: 'mine:' });
    await use(both({ client, namespace: `RESP ${RESP}` }));
  }
});

test('a cluster does as well, because all keys of a namespace are in one slot', async () => {
  const node = await startOwnRedis({ cluster: true });
  closing.push(() => node.close());
  const admin = await createClient({ url: node.url }).connect();
  closing.unshift(async () => admin.destroy());
  await admin.clusterAddSlotsRange({ start: 0, end: 16_383 });
  await expect.poll(async () => admin.clusterInfo()).toContain('cluster_state:ok');
  const cluster = createCluster({ rootNodes: [{ url: node.url }] });
  const stores = both({ client: cluster });
  await use(stores);
  const keys = await admin.keys('*');
  expect(new Set(keys.map((key) => key.startsWith('{samovar}:')))).toEqual(new Set([true]));
});

test('namespaces know nothing of each other', async () => {
  const [one, other] = [both({ url: redis.url, namespace: 'one' }), both({ url: redis.url, namespace: 'other' })];
  const holder = ask(one.locks, [exclusive('a')]);
  await holder.granted;
  const theirs = ask(other.locks, [exclusive('a')]);
  await theirs.granted;
  holder.end();
  theirs.end();
  await take(one.store, 'a');
  expect(await other.store.read('a')).toEqual({ state: 'none' });
});

test('an answer over the limit is refused as too large, and nothing of it is kept', async () => {
  const store = createRedisIdempotencyStore({ url: redis.url, namespace: 'large', maxReplyBytes: 10 });
  closing.unshift(() => store.close());
  const claim = await take(store, 'a');
  await expect(claim.settle('é'.repeat(6))).rejects.toMatchObject({ code: 'too_large' });
  expect(await store.read('a')).toMatchObject({ state: 'running' });
  expect(await claim.settle('é'.repeat(5))).toBe('recorded');
});

test('an event loop that was blocked for longer than a step may take fails nothing', async () => {
  const { locks, store } = both({ url: redis.url, namespace: 'blocked', commandTimeoutMs: 200 });
  await use({ locks, store });
  const asked = [store.read('c'), locks.hold([exclusive('c')], wish, async () => 'done')];
  // The steps are written at the end of this turn, and answered while nothing here can read.
  await new Promise((resolve) => setImmediate(resolve));
  const blockedUntilMs = performance.now() + 400;
  while (performance.now() < blockedUntilMs);
  expect(await Promise.all(asked)).toEqual([{ state: 'none' }, 'done']);
});

test('200 holds and as many waiting duplicates cause no warning', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  const { locks, store } = both({ url: redis.url, namespace: 'many' });
  const { signal } = new AbortController();
  const claim = await take(store, 'a');
  const seen = await store.read('a');
  if (seen.state !== 'running') throw new Error(`expected it to run, got ${seen.state}`);
  const changes = Array.from({ length: 200 }, () => seen.changed(signal));
  const holds = changes.map(() => locks.hold([exclusive('a')], { ...wish, signal }, async () => undefined));
  await Promise.all(holds);
  await claim.settle('done');
  await Promise.all(changes);
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});
