import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Disposition } from '../../../src/core/transport.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { createGate, eventually, message, openLab, rejection, work, type Gate, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

describe('a worker over AMQP', () => {
  test('reads what existing callers send: a body, reply_to and correlation_id, nothing else', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    channel.publish('greet', worker.address, Buffer.from('{"a":1}'), { replyTo: queue, correlationId: 'c-1' });
    await eventually(() => worker.seen.length === 1);
    const [delivery] = worker.seen;
    expect({ ...delivery, isLost: delivery?.isLost }).toEqual({
      attempt: 1,
      isLost: false,
      redelivered: false,
      message: {
        id: `${queue}#c-1`,
        action: 'greet',
        body: '{"a":1}',
        headers: {},
        replyTo: queue,
        correlationId: 'c-1',
      },
    });
    await worker.transport.send(queue, { id: 'r', body: '{"b":2}', headers: {}, correlationId: 'c-1' });
    const reply = await channel.get(queue, { noAck: true });
    expect(reply).toMatchObject({
      properties: { correlationId: 'c-1', contentType: 'application/json', messageId: 'r' },
    });
  });

  test('answers a caller of direct reply-to', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    const replies: string[] = [];
    await channel.consume('amq.rabbitmq.reply-to', (reply) => void replies.push(String(reply?.content)), {
      noAck: true,
    });
    channel.publish('greet', worker.address, Buffer.from('{}'), { replyTo: 'amq.rabbitmq.reply-to' });
    await eventually(() => worker.seen.length === 1);
    const { replyTo = '' } = worker.seen[0]?.message ?? {};
    expect(replyTo).toMatch(/^amq\.rabbitmq\.reply-to\./);
    await worker.transport.send(replyTo, { id: 'r', body: '{"b":2}', headers: {} });
    await eventually(() => replies.length === 1);
    expect(replies).toEqual(['{"b":2}']);
  });

  test('takes the action of what comes past its exchanges from `type`', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    channel.publish('', worker.address, Buffer.from('{}'), { type: 'greet', messageId: '1' });
    channel.publish(`samovar.${worker.address}`, worker.address, Buffer.from('{}'), { type: 'greet', messageId: '2' });
    channel.publish('', worker.address, Buffer.from('{}'), { messageId: '3' });
    await eventually(() => worker.seen.length === 3);
    expect(worker.seen.map((each) => each.message.action)).toEqual(['greet', 'greet', undefined]);
  });

  test.each([
    ['too_large', Buffer.alloc(1_001, 'x'), {}],
    ['not_utf8', Buffer.from([0x22, 0xff, 0x22]), {}],
    ['content_type', Buffer.from('<a/>'), { contentType: 'application/xml' }],
    ['content_type', Buffer.from('{}'), { contentEncoding: 'gzip' }],
    [undefined, Buffer.from('{}'), { contentType: 'application/json; charset=utf-8' }],
  ])('hands over a body that is %s without it', async (unreadable, body, properties) => {
    const worker = await work(lab.connect({ maxBodyBytes: 1_000 }));
    const channel = await (await lab.foreigner()).createChannel();
    channel.publish('greet', worker.address, body, { messageId: 'm', correlationId: 'c', ...properties });
    await eventually(() => worker.seen.length === 1);
    expect(worker.seen[0]?.unreadable).toBe(unreadable);
    expect(worker.seen[0]?.message).toMatchObject({ id: 'm', correlationId: 'c', body: unreadable ? '' : '{}' });
  });

  test('drops a request whose reply would go where it must not, and names the option', async () => {
    const worker = await work(lab.connect({ replyToAllow: ['*'] }));
    const { address } = worker;
    const channel = await (await lab.foreigner()).createChannel();
    const forbidden = [
      address,
      `${address}.quarantine`,
      `${address}.retry.5m`,
      'amq.rabbitmq.trace',
      'a\u0001b\u0001c',
    ];
    for (const replyTo of forbidden) channel.publish('greet', address, Buffer.from('{}'), { replyTo });
    channel.publish('greet', address, Buffer.from('{}'), { replyTo: '', messageId: 'one-way' });
    await eventually(() => worker.seen.length === 1);
    expect(worker.seen[0]?.message).not.toHaveProperty('replyTo');
    expect(worker.transport.health().counters['reply_to_refused']).toBe(forbidden.length);
    expect(lab.logged.filter((line) => line.includes('replyToAllow')).length).toBeGreaterThanOrEqual(forbidden.length);
    const strict = await work(lab.connect({ replyToAllow: ['callers.*'] }));
    for (const replyTo of ['victim', 'callers.one']) {
      channel.publish('greet', strict.address, Buffer.from('{}'), { replyTo });
    }
    await eventually(() => strict.seen.length === 1);
    expect(strict.seen[0]?.message.replyTo).toBe('callers.one');
  });

  test('reads headers of any type without harm', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    const headers = {
      number: 5,
      yes: true,
      nothing: null,
      list: [1],
      table: { a: 1 },
      bytes: Buffer.from('x'),
      text: 'ü',
      'samovar-deadline': 1e300,
      'samovar-group': 7,
      'samovar-attempts': -1,
      'samovar-sender': 'forged',
      ['__proto__']: 'polluted',
    };
    channel.publish('greet', worker.address, Buffer.from('{}'), { messageId: 'm', headers, priority: 255 });
    await eventually(() => worker.seen.length === 1);
    const [delivery] = worker.seen;
    expect(delivery).toMatchObject({ attempt: 1 });
    expect(delivery?.sender).toBeUndefined();
    expect(delivery?.message).not.toHaveProperty('expiresAt');
    expect({ ...delivery?.message.headers }).toMatchObject({ number: '5', yes: 'true', text: 'ü' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('goes on with what it was set up with, however early its first deliveries are settled', async () => {
    const early = await work(lab.connect());
    await early.stop();
    for (let count = 0; count < 20; count += 1) await early.transport.send(early.address, message());
    const worker = await work(lab.connect(), undefined, { address: early.address, intake: 20 });
    await eventually(() => worker.seen.length >= 20);
    await worker.transport.send(worker.address, message());
    await eventually(() => worker.seen.length >= 21);
    expect(worker.seen.filter(({ redelivered }) => redelivered)).toEqual([]);
    expect(worker.transport.health().counters).toMatchObject({ consumers: 1, dropped_settles: 0, delivered: 21 });
  });

  test('consumes again after its queue was deleted', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteQueue(worker.address);
    const caller = lab.connect();
    await eventually(() =>
      caller.send(worker.address, message()).then(
        () => true,
        () => false,
      ),
    );
    await eventually(() => worker.seen.length === 1);
    expect(worker.transport.health().counters).toMatchObject({ consumers_cancelled: 1, consumers: 1 });
    expect(worker.transport.health().reason).toBeUndefined();
  });

  test('is lost where its queue was replaced by one of another shape, and says so', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    // In one turn: the broker handles both before our next declaration.
    const deleted = channel.deleteQueue(worker.address);
    const replaced = channel.assertQueue(worker.address, { durable: false });
    await Promise.all([deleted, replaced]);
    const error = await worker.lost;
    expect(error.code).toBe('setup');
    expect(error.message).toContain('durable');
    expect(worker.transport.health().reason).toContain('is not consumed any more');
    expect(worker.transport.health().counters['consumers']).toBe(0);
  });

  test('never settles a delivery of one channel on the next, though their tags are equal', async () => {
    const gates: Gate<Disposition>[] = [];
    const worker = await work(
      lab.connect(),
      () => {
        const gate = createGate<Disposition>();
        gates.push(gate);
        return gate.opened;
      },
      { intake: 1 },
    );
    const { address } = worker;
    const caller = lab.connect({ url: lab.url });
    const first = message();
    await caller.send(address, first);
    await eventually(() => worker.seen.length === 1);
    lab.proxy.cut();
    await eventually(() => worker.seen.length === 2);
    gates[0]?.open({ kind: 'ack' });
    await eventually(() => worker.transport.health().counters['dropped_settles'] === 1);
    await worker.transport.close();
    const second = await work(lab.connect(), undefined, { address });
    await eventually(() => second.seen.length === 1);
    expect(second.seen[0]?.message.id).toBe(first.id);
    expect(second.seen[0]?.redelivered).toBe(true);
  });

  test('declares everything again before it consumes after a cut, also what somebody took away', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    await lab.proxy.down();
    await channel.deleteExchange('greet');
    await channel.deleteQueue(`${worker.address}.quarantine`);
    await lab.proxy.up();
    const caller = lab.connect();
    await eventually(() => worker.transport.status === 'ready');
    await caller.send(worker.address, message());
    await eventually(() => worker.seen.length === 1);
    await channel.checkQueue(`${worker.address}.quarantine`);
  });

  test('shares one consume connection among its addresses', async () => {
    const before = lab.proxy.accepted;
    const transport = lab.connect();
    const workers = [await work(transport), await work(transport), await work(transport)];
    for (const { address } of workers) await transport.send(address, message());
    await eventually(() => workers.every(({ seen }) => seen.length === 1));
    expect(lab.proxy.accepted - before).toBe(2);
  });

  test('answers through the exchange of the request where it may not write to the default exchange', async () => {
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost, write: '^(?!amq\\.default$).+' });
    const worker = await work(lab.connect({ url }));
    const channel = await (await lab.foreigner()).createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, 'greet', queue);
    const replies: string[] = [];
    await channel.consume(queue, (reply) => void replies.push(String(reply?.content)), { noAck: true });
    channel.publish('greet', worker.address, Buffer.from('{}'), { replyTo: queue, correlationId: 'c' });
    await eventually(() => worker.seen.length === 1);
    await worker.transport.send(worker.seen[0]?.message.replyTo ?? '', { id: 'r', body: '{"b":2}', headers: {} });
    await eventually(() => replies.length === 1);
  });

  test('refuses a second start at once after stop, and stops while it is disconnected', async () => {
    const worker = await work(lab.connect());
    await lab.proxy.down();
    await eventually(() => worker.transport.status === 'connecting');
    await worker.stop();
    await worker.transport.close();
    await lab.proxy.up();
    const error = await rejection(work(worker.transport));
    expect(error.code).toBe('closed');
  });

  test('declares quorum queues where they are asked for', async () => {
    const worker = await work(lab.connect({ queueType: 'quorum' }));
    await worker.transport.send(worker.address, message({ persistent: true }));
    await eventually(() => worker.seen.length === 1);
    const channel = await (await lab.foreigner()).createChannel();
    channel.on('error', () => undefined);
    const error = await rejection(channel.assertQueue(worker.address, { durable: true }));
    expect(error.message).toContain('x-queue-type');
  });
});
