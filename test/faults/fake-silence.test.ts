import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';
import type { AmqpTransport } from '../../transports/amqp/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { startFakeAmqpServer, type FakeAmqpServer, type Peer } from '../support/fake-amqp-server.js';

const heartbeatMs = 10_000;
let broker: FakeAmqpServer;
let clock: ManualClock;
let transport: AmqpTransport;
beforeEach(async () => {
  broker = await startFakeAmqpServer();
  clock = createManualClock();
  transport = createAmqpTransport({ url: broker.url, heartbeatMs, clock });
});
afterEach(async () => {
  const closing = transport.close();
  await clock.advance(10_000);
  await closing;
  await broker.close();
});

const roles = () => broker.peers.map(({ role }) => role).sort();
const publisher = () => broker.peers.find(({ role }) => role === 'publish') as Peer;

describe.each([
  ['that beats every minute', 60],
  ['that wants no heartbeats', 0],
])('a broker %s', (_, heartbeat) => {
  test('and answers nothing any more is noticed within two heartbeats, on both connections', async () => {
    broker.tune = { frameMax: 131_072, heartbeat };
    await transport.connect();
    await clock.advance(60_000);
    expect(transport.health()).toMatchObject({ status: 'ready', reconnects: 0 });
    broker.isMute = true;
    await clock.advance(2 * heartbeatMs);
    expect(transport.health()).toMatchObject({ status: 'connecting' });
    expect(transport.health().reason).toContain('has not answered for two heartbeats (20000 ms)');
    broker.isMute = false;
    await clock.advance(20_000);
    await expect.poll(roles).toEqual(['consume', 'publish']);
    expect(transport.health()).toMatchObject({ status: 'ready', reconnects: 2 });
  });
});

test('a broker that takes more than a heartbeat to answer is not taken for gone', async () => {
  await transport.connect();
  await clock.advance(heartbeatMs);
  const late: (() => void)[] = [];
  broker.answers.set('basic.qos', (call) => late.push(() => broker.answer(call)));
  for (let round = 0; round < 20; round++) {
    await clock.advance(1.25 * heartbeatMs);
    for (const answer of late.splice(0)) answer();
  }
  expect(transport.health()).toMatchObject({ status: 'ready', reconnects: 0 });
});

test('a broker that reads nothing while it is short of memory is not taken for gone, and no longer than that', async () => {
  await transport.connect();
  await clock.advance(heartbeatMs);
  publisher().send(0, 'connection.blocked', { reason: 'low on memory' });
  await expect.poll(() => transport.status).toBe('blocked');
  broker.answers.set('basic.qos', (call) => {
    if (call.peer !== publisher()) broker.answer(call);
  });
  await clock.advance(20 * heartbeatMs);
  expect(transport.health()).toMatchObject({ status: 'blocked', reconnects: 0 });
  publisher().send(0, 'connection.unblocked');
  await expect.poll(() => transport.status).toBe('ready');
  await clock.advance(2 * heartbeatMs);
  await expect.poll(() => transport.health().reconnects).toBe(1);
});

test('a broker that closes the channel it is asked on is asked on another', async () => {
  await transport.connect();
  let closed = 0;
  broker.answers.set('basic.qos', ({ peer, channel }) => {
    closed += 1;
    peer.send(channel, 'channel.close', { replyCode: 540, replyText: 'NOT_IMPLEMENTED', classId: 60, methodId: 10 });
  });
  await clock.advance(10 * heartbeatMs);
  expect(closed).toBeGreaterThan(10);
  expect(transport.health()).toMatchObject({ status: 'ready', reconnects: 0 });
});
