import { afterAll, beforeAll, expect, test } from 'vitest';
import { amqpSettings } from '../../../transports/amqp/options.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { openLab, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterAll(() => lab.end());

test('bodies of 1 MiB, 1,024 unconfirmed sends, 10,000 waiting ones, confirms within 10 s, a heartbeat of 10 s', () => {
  expect(amqpSettings({ url: 'amqp://localhost' })).toMatchObject({
    maxBodyBytes: 1_048_576,
    maxUnconfirmed: 1_024,
    maxWaitingSends: 10_000,
    confirmTimeoutMs: 10_000,
    heartbeatMs: 10_000,
    confirms: true,
    durableExchanges: false,
  });
});

test('a quarantine takes 100,000 messages or 1 GiB, and then refuses', async () => {
  const options = { actions: ['a'], intake: 1 };
  const consumer = await lab.connect().consume('node', options, async () => ({ kind: 'ack' }));
  const virtualHost = encodeURIComponent(lab.virtualHost);
  const queue = await lab.broker.management('GET', `/queues/${virtualHost}/node.quarantine`);
  expect(queue).toMatchObject({
    durable: true,
    arguments: { 'x-max-length': 100_000, 'x-max-length-bytes': 1_073_741_824, 'x-overflow': 'reject-publish' },
  });
  await consumer.stop();
});

test('exchanges are direct and not durable, and queues durable without arguments, as existing programs declare them', async () => {
  const declared = await lab.broker.management('GET', `/definitions/${encodeURIComponent(lab.virtualHost)}`);
  expect(declared).toMatchObject({
    exchanges: expect.arrayContaining([
      { name: 'a', type: 'direct', durable: false, auto_delete: false, internal: false, arguments: {} },
    ]) as unknown,
    queues: expect.arrayContaining([
      expect.objectContaining({ name: 'node', durable: true, auto_delete: false, arguments: {} }),
    ]) as unknown,
  });
});
