import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../e2e/stage.js';
import { work } from '../e2e/workers/actions.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { startOwnRabbitmq, type OwnBroker } from '../support/rabbitmq.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { createSeededRandom } from '../../src/testing/index.js';
import { check } from './checker.js';
import { startLoad } from './load.js';

let broker: OwnBroker;
let redis: TestRedis;
let scene: Scene;
let proxy: FaultProxy;
beforeAll(async () => {
  [broker, redis] = await Promise.all([startOwnRabbitmq(), startRedis()]);
});
afterAll(() => Promise.all([broker.close(), redis.close()]));
beforeEach(async () => {
  [scene, proxy] = await Promise.all([openScene(broker), startFaultProxy(broker.port)]);
});
afterEach(async () => {
  await scene.close();
  await proxy.close();
});

const heartbeatMs = 1_000;

test(
  'a broker that stands still for two heartbeats and goes on is used again, and nothing runs twice',
  { timeout: 60_000 },
  async () => {
    const place = { url: redis.url, namespace: randomUUID() };
    await scene.worker({ heartbeatMs, redis: place });
    const client = scene.client({ amqp: { heartbeatMs } });
    const load = startLoad({
      ...{ client, to: scene.to, callers: 10, pauseMs: 50 },
      request: (nth) => ({ subject: `call-${nth}`, key: `key-${nth}`, ms: 10 }),
    });
    await expect.poll(() => load.attempts.length).toBeGreaterThan(100);
    broker.pause();
    try {
      await expect.poll(() => client.health().transport.status).toBe('connecting');
    } finally {
      broker.resume();
    }
    const since = load.attempts.length;
    await expect.poll(() => load.attempts.length, { timeout: 30_000 }).toBeGreaterThan(since + 100);
    const attempts = await load.stop();
    const history = { attempts, effects: scene.effects(), quarantined: [], incidents: [] };
    expect(check({ ...history, leftovers: { pending: client.health().pending } })).toMatchObject({
      ...{ lost: 0, unexpected: 0, duplicated: 0, violations: [] },
    });
  },
);

test(
  'connections cut at any byte, both ways, again and again, lose and double nothing',
  { timeout: 120_000 },
  async () => {
    const url = proxy.through(scene.virtualHost.url);
    await scene.worker({ url, redis: { url: redis.url, namespace: randomUUID() } });
    const client = scene.client({ amqp: { url } });
    const load = startLoad({
      ...{ client, to: scene.to, callers: 10, pauseMs: 50 },
      request: (nth) => ({ subject: `call-${nth}`, key: `key-${nth}` }),
    });
    const random = createSeededRandom(4);
    for (let round = 0; round < 20; round++) {
      const accepted = proxy.accepted;
      proxy.limitData(Math.floor(random.unit() * 20_000), round % 2 === 0 ? 'up' : 'down');
      await expect.poll(() => proxy.accepted, { timeout: 20_000 }).toBeGreaterThan(accepted);
    }
    const since = load.attempts.length;
    await expect.poll(() => load.attempts.length, { timeout: 30_000 }).toBeGreaterThan(since + 100);
    const attempts = await load.stop();
    const history = { attempts, effects: scene.effects(), quarantined: [], incidents: [] };
    expect(check({ ...history, leftovers: { pending: client.health().pending } })).toMatchObject({
      ...{ lost: 0, unexpected: 0, duplicated: 0, violations: [] },
    });
  },
);

test.each([
  ['that passes single bytes', () => proxy.slice(1)],
  ['that takes half a second each way', () => proxy.latency(500)],
])('a network %s is only slow', { timeout: 60_000 }, async (_, spoil) => {
  const url = proxy.through(scene.virtualHost.url);
  const worker = await scene.worker({ url });
  const client = scene.client({ amqp: { url } });
  await client.call(work, { subject: 'before' }, { to: scene.to });
  spoil();
  for (const subject of ['a', 'b', 'c']) {
    expect(await client.call(work, { subject }, { to: scene.to })).toMatchObject({ pid: worker.pid });
  }
  expect(client.health().transport.reconnects).toBe(0);
});

test('of two alarms at once the end of the first lets nobody send yet', { timeout: 60_000 }, async () => {
  await scene.worker();
  const client = scene.client();
  await client.call(work, { subject: 'before' }, { to: scene.to });
  try {
    await broker.setMemoryAlarm(true);
    await broker.setDiskAlarm(true);
    await expect
      .poll(async () => {
        await client.call(work, { subject: 'knock' }, { to: scene.to, timeoutMs: 100 }).catch(() => undefined);
        return client.health().transport.status;
      })
      .toBe('blocked');
    const waiting = client.call(work, { subject: 'waiting' }, { to: scene.to });
    await broker.setDiskAlarm(false);
    const early = client.call(work, { subject: 'early' }, { to: scene.to, timeoutMs: 500 });
    expect(await failureOf(early)).toMatchObject({ code: 'unavailable', outcome: 'not_executed' });
    await broker.setMemoryAlarm(false);
    await waiting;
  } finally {
    await broker.setDiskAlarm(false);
    await broker.setMemoryAlarm(false);
  }
  expect(scene.effectsOf('waiting')).toEqual({ starts: 1, finishes: 1 });
});

test(
  'a worker told to stop under an alarm ends within its drain, and its request is answered afterwards',
  { timeout: 60_000 },
  async () => {
    const leaving = await scene.worker({ drainMs: 1_000 });
    const client = scene.client();
    const call = client.call(work, { subject: 'held', holds: true }, { to: scene.to });
    await leaving.child.waitForLine('started held');
    await broker.setMemoryAlarm(true);
    try {
      leaving.goOn();
      leaving.child.kill('SIGTERM');
      await leaving.child.exited;
    } finally {
      await broker.setMemoryAlarm(false);
    }
    await scene.worker({ holds: false });
    await call;
  },
);
