import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryIdempotencyStore } from '../../src/index.js';
import type { TransportError } from '../../src/core/transport.js';
import type { AmqpTransport } from '../../transports/amqp/index.js';
import { echo, failureOf } from '../e2e/stage.js';
import { encode } from '../support/fake-amqp-codec.js';
import type { Call } from '../support/fake-amqp-server.js';
import { answering, openFakeStage, type FakeStage } from './fake-stage.js';

let stage: FakeStage;
beforeEach(async () => {
  stage = await openFakeStage({ confirmTimeoutMs: 500 });
});
afterEach(() => stage.close());

const message = () => ({ id: randomUUID(), action: 'echo', body: '{}', headers: {} });

/** A sender whose exchange and channel are there: what it sends now is numbered from 1. */
async function sender(): Promise<AmqpTransport> {
  stage.transport();
  const transport = stage.transports.at(-1) as AmqpTransport;
  await transport.consume('node-9', { actions: ['echo'], intake: 100 }, async () => ({ kind: 'ack' }));
  await transport.send('node-9', message());
  return transport;
}

/** Takes what is published and does not confirm it; returns what was taken. */
function withhold(): Call[] {
  const taken: Call[] = [];
  stage.broker.answers.set('basic.publish', (call) => {
    stage.broker.accept(call);
    taken.push(call);
  });
  return taken;
}

/** How each ended, in the order they were sent: as what, and after how many others. */
function endingsOf(sends: readonly Promise<void>[]): Promise<readonly string[]> {
  const ending = (error: unknown) => {
    const { code, sent } = error as TransportError;
    return `${code}, sent: ${sent}`;
  };
  return Promise.all(sends.map((send) => send.then(() => 'confirmed', ending)));
}

const confirm = ({ peer, channel }: Call, deliveryTag: number, multiple = false) =>
  peer.send(channel, 'basic.ack', { deliveryTag, multiple });

describe('confirms', () => {
  test('may come after the answer, which is the answer', async () => {
    await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'before' }, { to: stage.to });
    const confirms: (() => void)[] = [];
    stage.broker.answers.set('basic.publish', (call) => confirms.push(stage.broker.accept(call)));
    expect(await client.call(echo, { word: 'early' }, { to: stage.to })).toEqual({ word: 'early' });
    expect(client.health()).toMatchObject({ pending: 0, transport: { counters: { unconfirmed_sends: 1 } } });
    stage.broker.answers.clear();
    for (const each of confirms) each();
    await expect.poll(() => client.health().transport.counters['unconfirmed_sends']).toBe(0);
    expect(client.health().transport.counters).toMatchObject({ confirm_timeouts: 0, channels_replaced: 0 });
  });

  test('may come for several at once and in any order, and settle each its own send', async () => {
    const transport = await sender();
    const taken = withhold();
    const settled: number[] = [];
    const sends = Array.from({ length: 10 }, async (_, nth) => {
      await transport.send('node-9', message());
      settled.push(nth + 1);
    });
    await expect.poll(() => taken.length).toBe(10);
    const [first] = taken as [Call];
    confirm(first, 7);
    await expect.poll(() => settled).toEqual([7]);
    confirm(first, 3, true);
    await expect.poll(() => settled).toEqual([7, 1, 2, 3]);
    confirm(first, 9);
    confirm(first, 10, true);
    await Promise.all(sends);
    expect(settled.slice(4).sort((a, b) => a - b)).toEqual([4, 5, 6, 8, 9, 10]);
  });

  test('that never come are waited for as long as confirmTimeoutMs says; nothing of them is left, and the next send goes through', async () => {
    const transport = await sender();
    const taken = withhold();
    expect(await endingsOf(Array.from({ length: 500 }, () => transport.send('node-9', message())))).toEqual(
      Array(500).fill('unavailable, sent: maybe'),
    );
    stage.broker.answers.clear();
    await transport.send('node-9', message());
    // Late ones, for a channel that is gone.
    for (const call of taken.slice(0, 1)) confirm(call, 1);
    await transport.send('node-9', message());
    const { counters } = transport.health();
    expect(counters).toMatchObject({
      unconfirmed_sends: 0,
      waiting_sends: 0,
      confirm_timeouts: 1,
      channels_replaced: 1,
    });
  });

  test('that are refusals tell the caller so, and it may try again', async () => {
    await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'before' }, { to: stage.to });
    stage.broker.answers.set('basic.publish', (call) => stage.broker.accept({ ...call, fields: {} })('basic.nack'));
    const call = client.call(echo, { word: 'refused' }, { to: stage.to });
    expect(await failureOf(call)).toEqual({ code: 'rejected', outcome: 'not_executed', retryable: true });
    stage.broker.answers.clear();
    expect(await client.call(echo, { word: 'again' }, { to: stage.to })).toEqual({ word: 'again' });
  });
});

describe.each([
  ['the channel', 'channel.close', 406, 0],
  ['the connection', 'connection.close', 541, 1],
] as const)('a broker that closes %s while sends are unconfirmed', (_, method, replyCode, reconnects) => {
  test('leaves their senders told that nobody knows, and the next ones go through', async () => {
    const transport = await sender();
    const taken = withhold();
    const sends = endingsOf(Array.from({ length: 10 }, () => transport.send('node-9', message())));
    await expect.poll(() => taken.length).toBe(10);
    const [first] = taken as [Call];
    confirm(first, 4, true);
    const said = { replyCode, replyText: 'as it likes', classId: 60, methodId: 40 };
    first.peer.send(method === 'channel.close' ? first.channel : 0, method, said);
    stage.broker.answers.clear();
    expect(await sends).toEqual([
      ...Array<string>(4).fill('confirmed'),
      ...Array<string>(6).fill('unavailable, sent: maybe'),
    ]);
    await transport.send('node-9', message());
    expect(transport.health()).toMatchObject({
      ...{ reconnects, status: 'ready' },
      counters: { unconfirmed_sends: 0, waiting_sends: 0 },
    });
  });
});

test('a refusal that waits for a connection is not told once its request may be with somebody else', async () => {
  const { broker } = stage;
  const away = { ...createMemoryIdempotencyStore(), read: () => Promise.reject(new Error('away')) };
  const server = await stage.serve([answering], { idempotency: away });
  const [transport] = stage.transports;
  function lose(role: string): void {
    const said = { replyCode: 320, replyText: 'CONNECTION_FORCED', classId: 0, methodId: 0 };
    broker.peers.find((peer) => peer.role === role)?.write(encode(0, 'connection.close', said));
  }
  broker.answers.set('connection.open', () => undefined);
  lose('publish');
  await expect.poll(() => transport?.status).toBe('connecting');
  const headers = { 'samovar-idempotency-key': 'k' };
  const properties = { headers, messageId: 'm', replyTo: 'amq.gen-1', correlationId: 'c' };
  broker.deliver(stage.to, { properties, body: '{"word":"x"}' }, { exchange: 'echo' });
  await expect.poll(() => transport?.health().counters['waiting_sends']).toBe(1);
  lose('consume');
  await expect.poll(() => broker.callsOf('connection.open').length).toBe(4);
  broker.answers.clear();
  for (const peer of broker.peers) peer.send(0, 'connection.open-ok');
  await expect.poll(() => server.health().inFlight).toBe(0);
  const replies = broker.callsOf('basic.publish').filter(({ properties: { correlationId } }) => correlationId === 'c');
  expect(replies).toEqual([]);
});
