import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandler, RetryLater } from '../../src/index.js';
import { echo, gate } from '../e2e/stage.js';
import type { Call, Peer } from '../support/fake-amqp-server.js';
import { answering, openFakeStage, type FakeStage } from './fake-stage.js';

let stage: FakeStage;
beforeEach(async () => {
  stage = await openFakeStage();
});
afterEach(() => stage.close());

const request = (properties: object = {}) => ({
  properties: { messageId: randomUUID(), contentType: 'application/json', ...properties },
  body: '{"word":"x"}',
});
const fromEcho = { exchange: 'echo' };

function refuse({ peer, channel, method }: Call, replyText: string): void {
  const [classId, methodId] = method === 'queue.declare' ? [50, 10] : [60, 10];
  peer.send(channel, 'channel.close', { replyCode: 406, replyText, classId, methodId });
}

test('4.3 cancels a consumer whose ack takes too long, and refuses the late ack: the request runs once, is answered once, and acked where it came again', async () => {
  const started = gate();
  const finish = gate();
  let starts = 0;
  const slow = defineHandler(echo, {
    async run({ word }) {
      starts += 1;
      started.open();
      await finish.opened;
      return { word };
    },
  });
  const server = await stage.serve([slow]);
  const { broker } = stage;
  const old = broker.consumerOf(stage.to);
  const asked = request({ replyTo: 'amq.gen-1', correlationId: 'c' });
  broker.deliver(stage.to, asked, fromEcho);
  await started.opened;
  // It gives what was not acked to somebody else, and knows nothing of its tag any more.
  broker.answers.set('basic.ack', (call) => {
    if (call.channel === old.channel) refuse(call, 'PRECONDITION_FAILED - unknown delivery tag 1');
  });
  broker.cancel(stage.to);
  await expect
    .poll(() => broker.callsOf('basic.consume').filter(({ fields }) => fields['queue'] === stage.to).length)
    .toBe(2);
  const { channel } = broker.consumerOf(stage.to);
  broker.deliver(stage.to, asked, { ...fromEcho, redelivered: true });
  broker.deliver(stage.to, request(), fromEcho);
  await expect.poll(() => starts).toBe(2);
  finish.open();
  const acks = () => broker.callsOf('basic.ack').filter((call) => call.channel === channel);
  // One ack for both, or one for each, in either order.
  const isAcked = (tag: number) =>
    acks().some(
      ({ fields: { deliveryTag, multiple } }) => deliveryTag === tag || (multiple && Number(deliveryTag) > tag),
    );
  await expect.poll(() => isAcked(1) && isAcked(2)).toBe(true);
  expect(starts).toBe(2);
  const replies = broker.callsOf('basic.publish').filter(({ fields }) => fields['routingKey'] === 'amq.gen-1');
  expect(replies).toHaveLength(1);
  expect(server.health()).toMatchObject({ state: 'ready', transport: { status: 'ready', reconnects: 0 } });
});

test('3.10 to 4.1 return a mandatory message to a direct reply-to: replies there are not mandatory, those to queues are', async () => {
  const { broker } = stage;
  const server = await stage.serve([answering]);
  const direct = 'amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM.a2V5';
  broker.answers.set('basic.publish', (call) => {
    const { fields, properties, body } = call;
    const said = { replyCode: 312, replyText: 'NO_ROUTE', exchange: '', routingKey: direct };
    if (fields['routingKey'] === direct && fields['mandatory'] === true) {
      call.peer.send(call.channel, 'basic.return', said, { properties, body });
    }
    broker.answer(call);
  });
  for (const replyTo of [direct, 'amq.gen-1']) {
    broker.deliver(stage.to, request({ replyTo, correlationId: 'c' }), fromEcho);
  }
  const mandatory = (to: string) =>
    broker.callsOf('basic.publish').find(({ fields }) => fields['routingKey'] === to)?.fields['mandatory'];
  await expect.poll(() => [mandatory(direct), mandatory('amq.gen-1')]).toEqual([false, true]);
  await expect.poll(() => broker.callsOf('basic.ack').at(-1)?.fields['deliveryTag']).toBe(2);
  expect(server.health().transport.status).toBe('ready');
});

test('4.3 refuses transient queues that are shared, and prefetch counts of whole channels: nothing asks for any', async () => {
  const { broker } = stage;
  broker.version = '4.3.0';
  const refused: string[] = [];
  const close = (peer: Peer, replyText: string) => {
    refused.push(replyText);
    peer.send(0, 'connection.close', { replyCode: 541, replyText, classId: 50, methodId: 10 });
  };
  broker.answers.set('queue.declare', (call) => {
    const { durable, exclusive, passive } = call.fields;
    if (durable === true || exclusive === true || passive === true) broker.answer(call);
    else close(call.peer, 'INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated');
  });
  broker.answers.set('basic.qos', (call) => {
    if (call.fields['global'] === false) broker.answer(call);
    else close(call.peer, 'NOT_IMPLEMENTED - Feature `global_qos` is deprecated');
  });
  const later = defineHandler(echo, {
    run({ word }, { attempt }) {
      if (word === 'later' && attempt === 1) throw new RetryLater(60_000);
      return { word };
    },
  });
  await stage.serve([later]);
  const client = stage.client();
  expect(await client.call(echo, { word: 'x' }, { to: stage.to })).toEqual({ word: 'x' });
  await client.send(echo, { word: 'later' }, { to: stage.to });
  const put = () => broker.callsOf('basic.publish').map(({ fields }) => fields['routingKey']);
  await expect.poll(put).toContain(`${stage.to}.retry.5m`);
  expect(refused).toEqual([]);
});

test.each([
  ['3.10.8', undefined],
  ['4.0.1', 1_000_000_000],
])('%s: quorum queues are declared with a delivery limit of %s', async (version, limit) => {
  await stage.close();
  stage = await openFakeStage({ queueType: 'quorum' });
  stage.broker.version = version;
  await stage.serve([answering]);
  const declared = stage.broker.callsOf('queue.declare').filter(({ fields }) => fields['queue'] === stage.to);
  const given = declared.map(({ fields }) => (fields['arguments'] as Record<string, unknown>)['x-delivery-limit']);
  expect(new Set(given)).toEqual(new Set([limit]));
});

test('a queue that exists with another delivery limit is used as it is', async () => {
  await stage.close();
  stage = await openFakeStage({ queueType: 'quorum' });
  const { broker, to } = stage;
  broker.version = '4.0.1';
  broker.answers.set('queue.declare', (call) => {
    const { queue, passive } = call.fields;
    if (queue !== to) return broker.answer(call);
    if (passive !== true) {
      const said = `PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue '${to}' in vhost 'shop': received the value '1000000000' of type 'long' but current is the value '20' of type 'long'`;
      return refuse(call, said);
    }
    call.peer.send(call.channel, 'queue.declare-ok', { queue: to, messageCount: 0, consumerCount: 0 });
  });
  await stage.serve([answering]);
  expect(await stage.client().call(echo, { word: 'x' }, { to })).toEqual({ word: 'x' });
});

test.each([
  ['4.1 and later', 8_192],
  ['one that was set to the least there is', 4_096],
])('%s: bodies go in frames of at most what was agreed (%#), and come whole', async (_, frameMax) => {
  const { broker } = stage;
  broker.tune = { frameMax, heartbeat: 60 };
  // As 4.1 does with who wants less than 8 KiB.
  const agreed: unknown[] = [];
  broker.answers.set('connection.tune-ok', ({ fields }) => agreed.push(fields['frameMax']));
  await stage.serve([answering]);
  const client = stage.client();
  const word = 'é'.repeat(50_000);
  expect(await client.call(echo, { word }, { to: stage.to })).toEqual({ word });
  expect(new Set(agreed)).toEqual(new Set([frameMax]));
  expect(broker.largestFrameBytes).toBeLessThanOrEqual(frameMax);
});
