import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GetMessage } from 'amqplib';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

const retry = (afterMs: number) => ({ kind: 'retry', afterMs }) as const;

describe('a retry that is too long to hold', () => {
  test.each([
    [10_001, '30s', 30_000],
    [30_000, '30s', 30_000],
    [30_001, '5m', 300_000],
    [1_800_000, '30m', 1_800_000],
  ])('of %i ms waits on the rung of %s', async (afterMs, rung, ttlMs) => {
    const worker = await work(lab.connect(), () => retry(afterMs));
    await worker.transport.send(worker.address, message());
    const queue = `${worker.address}.retry.${rung}`;
    const channel = await (await lab.foreigner()).createChannel();
    // Declared as WIRE says: another declaration of it would fail.
    await eventually(() => worker.transport.health().counters['ladder_retries'] === 1);
    await channel.assertQueue(queue, {
      durable: true,
      messageTtl: ttlMs,
      deadLetterExchange: `samovar.${worker.address}`,
      deadLetterRoutingKey: worker.address,
    });
    expect((await channel.checkQueue(queue)).messageCount).toBe(1);
    expect((await channel.checkQueue(worker.address)).messageCount).toBe(0);
  });

  test('is a copy with everything but what belongs to the original alone, and comes back as the next attempt', async () => {
    const user = await lab.broker.createUser({ virtualHost: lab.virtualHost });
    const worker = await work(lab.connect(), (_, nth) => (nth === 1 ? retry(20_000) : { kind: 'ack' }));
    const channel = await (await lab.foreigner()).createChannel();
    const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
    const caller = lab.connect({ url: user.url });
    const expiresAt = Date.now() + 600_000;
    const sent = message({ correlationId: 'c', replyTo, expiresAt, groupKey: 'g', headers: { 'x-mine': 'ü' } });
    await caller.send(worker.address, sent);
    const { properties, content } = await lab.take(`${worker.address}.retry.30s`);
    expect(content.toString()).toBe(sent.body);
    expect(properties).toMatchObject({
      messageId: sent.id,
      correlationId: 'c',
      replyTo,
      contentType: 'application/json',
      deliveryMode: 2,
      type: 'greet',
      userId: 'guest',
      expiration: undefined,
    });
    expect(properties.headers).toMatchObject({
      'x-mine': 'ü',
      'samovar-group': 'g',
      'samovar-deadline': String(expiresAt),
      'samovar-sender': user.name,
      'samovar-attempts': '1',
      'samovar-exchange': 'greet',
    });
    comeBack({ properties, content } as GetMessage, worker.address);
    await eventually(() => worker.seen.length === 2);
    const [, again] = worker.seen;
    expect(again).toMatchObject({ attempt: 2, redelivered: true, sender: user.name });
    expect(again?.message).toEqual({ ...sent, persistent: true });

    /** As the broker does when the rung's time is over. */
    function comeBack({ properties: kept, content: body }: GetMessage, key: string): void {
      channel.publish(`samovar.${worker.address}`, key, body, {
        ...kept,
        headers: { ...kept.headers, 'x-death': [{ count: 1, reason: 'expired' }], 'x-first-death-queue': 'q' },
      });
    }
  });

  test('keeps who sent it unknown where it was, and gives it a deadline where it had a time to live', async () => {
    const worker = await work(lab.connect(), (_, nth) => (nth === 1 ? retry(20_000) : { kind: 'ack' }));
    const channel = await (await lab.foreigner()).createChannel();
    const beforeMs = Date.now();
    channel.publish('greet', worker.address, Buffer.from('{}'), {
      expiration: '60000',
      CC: ['elsewhere'],
      priority: 9,
    });
    const { properties, content } = await lab.take(`${worker.address}.retry.30s`);
    expect(properties.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(properties).toMatchObject({ expiration: undefined, priority: undefined });
    const headers = properties.headers ?? {};
    expect(headers).not.toHaveProperty('CC');
    expect(headers['samovar-sender']).toBe('');
    expect(Number(headers['samovar-deadline'])).toBeGreaterThanOrEqual(beforeMs + 59_000);
    channel.publish(`samovar.${worker.address}`, worker.address, content, { ...properties, headers });
    await eventually(() => worker.seen.length === 2);
    expect(worker.seen[1]).not.toHaveProperty('sender');
  });

  test('beyond the ladder goes up it again, uncounted, until it is time', async () => {
    const hourMs = 3_600_000;
    const worker = await work(lab.connect(), () => retry(hourMs));
    await worker.transport.send(worker.address, message());
    const { properties, content } = await lab.take(`${worker.address}.retry.30m`);
    const channel = await (await lab.foreigner()).createChannel();
    channel.publish(`samovar.${worker.address}`, worker.address, content, { ...properties });
    const again = await lab.take(`${worker.address}.retry.30m`);
    expect(again.properties.headers?.['samovar-attempts']).toBe('1');
    expect(worker.seen.length).toBe(1);
  });

  test('is not believed about its past when somebody else wrote it', async () => {
    const worker = await work(lab.connect());
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost });
    const stranger = lab.connect({ url });
    const headers = { 'samovar-attempts': '41', 'samovar-exchange': 'amq.fanout', 'samovar-sender': 'root' };
    await stranger.send(worker.address, message({ headers }));
    await eventually(() => worker.seen.length === 1);
    expect(worker.seen[0]?.attempt).toBe(1);
    expect(worker.seen[0]?.sender).not.toBe('root');
  });

  test('goes to the end of the queue where it would be the only one ever served', async () => {
    const worker = await work(
      lab.connect(),
      ({ message: { body } }) => (body === '"poison"' ? retry(1) : { kind: 'ack' }),
      { intake: 1 },
    );
    await worker.transport.send(worker.address, message({ body: '"poison"' }));
    await eventually(() => worker.seen.length >= 2);
    const other = message();
    await worker.transport.send(worker.address, other);
    await eventually(() => worker.seen.some((each) => each.message.id === other.id));
    const attempts = worker.seen.filter((each) => each.message.body === '"poison"').map((each) => each.attempt);
    expect(attempts).toEqual(attempts.map((_, index) => index + 1));
  });
});

describe('the quarantine', () => {
  test('keeps a message with its reason, and it was acked', async () => {
    const worker = await work(lab.connect(), () => ({ kind: 'quarantine', reason: 'poisoned' }));
    const sent = message({ body: '{"secret":"token"}', correlationId: 'c' });
    const beforeMs = Date.now();
    await worker.transport.send(worker.address, sent);
    const { properties, content } = await lab.take(`${worker.address}.quarantine`);
    expect(content.toString()).toBe(sent.body);
    expect(properties).toMatchObject({ messageId: sent.id, correlationId: 'c', deliveryMode: 2, type: 'greet' });
    const headers = properties.headers ?? {};
    expect(headers).toMatchObject({
      'samovar-reason': 'poisoned',
      'samovar-attempts': '1',
      'samovar-exchange': 'greet',
    });
    expect(Number(headers['samovar-first-seen'])).toBeGreaterThanOrEqual(beforeMs);
    await eventually(() => worker.transport.health().counters['quarantined'] === 1);
    const channel = await (await lab.foreigner()).createChannel();
    expect((await channel.checkQueue(worker.address)).messageCount).toBe(0);
  });

  test('that is full loses nothing: the delivery goes back, and health says why', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    const limits = { 'x-max-length': 0, 'x-overflow': 'reject-publish' };
    await channel.assertQueue('packed.quarantine', { durable: true, arguments: limits });
    const random = { uuid: () => crypto.randomUUID(), unit: () => 0 };
    const worker = await work(lab.connect({ random }), () => ({ kind: 'quarantine', reason: 'poisoned' }), {
      address: 'packed',
    });
    const sent = message();
    await worker.transport.send('packed', sent);
    await eventually(() => worker.seen.length === 2);
    expect(worker.seen.map((each) => each.message.id)).toEqual([sent.id, sent.id]);
    expect(worker.transport.health().reason).toContain('the quarantine of "packed" takes nothing');
    await channel.deleteQueue('packed.quarantine');
    await eventually(() => worker.transport.health().counters['quarantined'] === 1);
    expect(worker.transport.health().reason).toBeUndefined();
  });

  test('that stays full is asked less and less often, and what is known of the message is kept', async () => {
    const channel = await (await lab.foreigner()).createChannel();
    const limits = { 'x-max-length': 0, 'x-overflow': 'reject-publish' };
    await channel.assertQueue('crammed.quarantine', { durable: true, arguments: limits });
    const random = { uuid: () => crypto.randomUUID(), unit: () => 0.998 };
    const waits = [1_499, 1_998, 2_996, 4_992];
    const waited: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after(ms, task) {
        if (!waits.includes(ms)) return systemClock.after(ms, task);
        waited.push(ms);
        return systemClock.after(1, task);
      },
    };
    const worker = await work(
      lab.connect({ random, clock }),
      (_, nth) => (nth === 1 ? retry(1) : { kind: 'quarantine', reason: 'poisoned' }),
      { address: 'crammed' },
    );
    await worker.transport.send('crammed', message());
    await eventually(() => waited.length === 4);
    expect(waited).toEqual(waits);
    expect(worker.seen.slice(0, 5).map(({ attempt }) => attempt)).toEqual([1, 2, 2, 2, 2]);
  });

  test('takes messages with more headers than we can write', async () => {
    const worker = await work(lab.connect(), () => ({ kind: 'quarantine', reason: 'r'.repeat(5_000) }));
    const channel = await (await lab.foreigner()).createChannel();
    channel.publish('greet', worker.address, Buffer.from('{}'), { messageId: 'm', headers: { x: 'x'.repeat(65_000) } });
    const { properties } = await lab.take(`${worker.address}.quarantine`);
    expect(properties.messageId).toBe('m');
  });

  test('and the retries work without any right on the default exchange', async () => {
    const { url } = await lab.broker.createUser({ virtualHost: lab.virtualHost, write: '^(?!amq\\.default$).+' });
    const worker = await work(lab.connect({ url }), (_, nth) =>
      nth === 1 ? retry(20_000) : { kind: 'quarantine', reason: 'r' },
    );
    await worker.transport.send(worker.address, message());
    await lab.take(`${worker.address}.retry.30s`);
    await worker.transport.send(worker.address, message());
    await lab.take(`${worker.address}.quarantine`);
  });
});

describe("an address's exchange that was deleted meanwhile", () => {
  test.each([
    ['retry on the ladder', retry(20_000), {}],
    ['retry at the end of the queue', retry(1), { intake: 1 }],
    ['quarantine', { kind: 'quarantine', reason: 'r' } as const, {}],
  ])('is there again after a %s, with the way to the address', async (_, disposition, options) => {
    const worker = await work(lab.connect(), (__, nth) => (nth === 1 ? disposition : { kind: 'ack' }), options);
    const exchange = `samovar.${worker.address}`;
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteExchange(exchange);
    await worker.transport.send(worker.address, message());
    await eventually(() => {
      const { counters: now } = worker.transport.health();
      return (now['ladder_retries'] ?? 0) + (now['requeued_retries'] ?? 0) + (now['quarantined'] ?? 0) > 0;
    });
    const before = worker.seen.length;
    channel.publish(exchange, worker.address, Buffer.from('{}'), { type: 'greet' });
    await eventually(() => worker.seen.length > before);
  });
});

test('a message with headers that can be read but not written is copied without those', async () => {
  const worker = await work(lab.connect(), () => ({ kind: 'quarantine', reason: 'poisoned' }));
  const channel = await (await lab.foreigner()).createChannel();
  // Each is read as a number, which is written as a double.
  const floats = Array.from({ length: 12_000 }, () => ({ '!': 'float', value: 0.5 }));
  channel.publish('greet', worker.address, Buffer.from('{}'), { messageId: 'm', headers: { floats, plain: 'yes' } });
  const { properties } = await lab.take(`${worker.address}.quarantine`);
  expect(properties.messageId).toBe('m');
  expect(properties.headers).toMatchObject({ plain: 'yes', 'samovar-reason': 'poisoned' });
  expect(properties.headers).not.toHaveProperty('floats');
});
