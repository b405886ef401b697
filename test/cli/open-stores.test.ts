import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { openStores } from '../../src/cli/open-stores.js';
import type { VirtualHost } from '../../src/config/settings.js';
import { silentLog } from '../../src/core/log.js';
import { exclusive, systemClock, systemRandom, type LockProvider } from '../../src/index.js';
import { take } from '../../src/testing/stores/take.js';
import { startOwnRedis, type OwnRedis } from '../support/redis.js';

const parts = { clock: systemClock, random: systemRandom, log: silentLog };

let redis: OwnRedis;
beforeAll(async () => {
  redis = await startOwnRedis();
});
afterAll(() => redis.close());

function host(name: string, rest: Partial<VirtualHost> = {}): VirtualHost {
  return {
    ...{ name, connection: { transport: 'memory' }, addresses: ['node-1'], handlers: [], exchanges: undefined },
    ...{ allowMissingHandlers: false, allow: undefined, mock: false, fernetKeys: [], limits: {}, ...rest },
  };
}

async function opened(hosts: readonly VirtualHost[], connects = true) {
  const stores = await openStores(hosts, { ...parts, connects });
  onTestFinished(() => stores.close());
  return (name: string) => stores.of({ name });
}

/** Whether a lock of one is a lock of the other. */
async function shareLocks(one: LockProvider, other: LockProvider): Promise<boolean> {
  const wish = { signal: new AbortController().signal, owner: 'a', ancestors: [] };
  return one.hold([exclusive('a')], wish, async () => {
    const giveUp = new AbortController();
    const onWait = () => giveUp.abort();
    const second = other.hold([exclusive('a')], { ...wish, signal: giveUp.signal, onWait }, () => Promise.resolve());
    return second.then(
      () => false,
      () => true,
    );
  });
}

it('virtual hosts of one Redis and namespace share locks over all processes, and no answers', async () => {
  const shared = { url: redis.url, namespace: randomUUID(), fingerprintKey: 'a' };
  const hosts = [host('trees', { redis: shared }), host('flowers', { redis: { ...shared, fingerprintKey: 'b' } })];
  const [here, there] = [await opened(hosts), await opened(hosts)];
  expect(await shareLocks(here('trees').locks, there('flowers').locks)).toBe(true);
  const claim = await take(here('trees').idempotency, 'a');
  await claim.settle('for trees');
  expect(await there('flowers').idempotency.read('a')).toEqual({ state: 'none' });
  expect(await there('trees').idempotency.read('a')).toMatchObject({ state: 'settled', reply: 'for trees' });
  expect(['trees', 'flowers'].map((name) => here(name).fingerprintKey)).toEqual(['a', 'b']);
  expect(here('trees').idempotency).toMatchObject({ durable: true, remembersMs: 86_400_000 });
  await here('trees').idempotency.close();
  expect(await here('flowers').idempotency.read('a')).toEqual({ state: 'none' });
});

it('other namespaces, and no Redis, are apart; virtual hosts without Redis share the locks of the process', async () => {
  const at = (namespace: string) => ({ redis: { url: redis.url, namespace, fingerprintKey: 'a' } });
  const stores = await opened([host('trees', at('one')), host('flowers', at('two')), host('a'), host('b')]);
  expect(await shareLocks(stores('trees').locks, stores('flowers').locks)).toBe(false);
  expect(await shareLocks(stores('trees').locks, stores('a').locks)).toBe(false);
  expect(await shareLocks(stores('a').locks, stores('b').locks)).toBe(true);
  expect(stores('a').idempotency.durable).toBe(false);
});

it('generated replies are remembered by the process alone', async () => {
  const at = { redis: { url: 'redis://127.0.0.1:1', namespace: 'mocked', fingerprintKey: 'a' } };
  const stores = await opened([host('trees', { ...at, mock: true })]);
  await (await take(stores('trees').idempotency, 'a')).settle('generated');
});

it('a look at a configuration connects to nothing, and finds Redis durable', async () => {
  const at = { redis: { url: 'redis://127.0.0.1:1', namespace: 'n', fingerprintKey: 'a' } };
  const stores = await opened([host('trees', at)], false);
  expect(await stores('trees').idempotency.read('a')).toEqual({ state: 'none' });
  expect(stores('trees').idempotency.durable).toBe(true);
  expect(stores('trees').fingerprintKey).toBe('a');
});

it(
  'a Redis that answers, but takes nothing, is a problem, and none any more once it does',
  { timeout: 60_000 },
  async () => {
    const full = await startOwnRedis();
    onTestFinished(() => full.close());
    const { createClient } = await import('redis');
    const admin = await createClient({ url: full.url }).connect();
    onTestFinished(() => admin.destroy());
    await admin.configSet('maxmemory', '1');
    const settings = { url: full.url.replace('//', '//default:s3cret@'), namespace: 'full', fingerprintKey: 'a' };
    await admin.configSet('requirepass', 's3cret');
    const stores = await opened([host('trees', { redis: settings })]);
    const patience = { timeout: 20_000 };
    await expect.poll(() => stores('trees').problem(), patience).toMatch(/is away since .*: OOM command not allowed/);
    expect(stores('trees').problem()).not.toContain('s3cret');
    await admin.configSet('maxmemory', '0');
    await expect.poll(() => stores('trees').problem(), patience).toBeUndefined();
  },
);
