import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import type { Disposition } from '../../../src/core/transport.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { createGate, eventually, message, openLab, work, type Lab } from './lab.js';

/** Holds nothing for as long as it should be held. */
const hasty: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms === 1_000 ? 1 : ms, task) };

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

describe('closing', () => {
  test('loses no ack, also of a consumer that was stopped before', async () => {
    const finish = createGate();
    const transport = lab.connect();
    const worker = await work(
      transport,
      async () => {
        await finish.opened;
        return { kind: 'ack' };
      },
      { intake: 400 },
    );
    const sender = lab.connect();
    const count = 400;
    await Promise.all(Array.from({ length: count }, () => sender.send(worker.address, message())));
    await eventually(() => worker.seen.length === count);
    await worker.stop();
    finish.open();
    await new Promise((resolve) => setImmediate(resolve));
    await transport.close();
    const channel = await (await lab.foreigner()).createChannel();
    // Once its consumers are gone, what is not acked is in the queue again.
    expect(await channel.checkQueue(worker.address)).toMatchObject({ messageCount: 0, consumerCount: 0 });
  });
});

test.each([undefined, { kind: 'unheard-of' }, { kind: 'quarantine' }])(
  'a delivery that is received to %o is tried again',
  async (nonsense) => {
    const worker = await work(lab.connect({ clock: hasty }), (_, nth) =>
      nth === 1 ? (nonsense as unknown as Disposition) : { kind: 'ack' },
    );
    await worker.transport.send(worker.address, message());
    await eventually(() => worker.seen.length === 2);
    expect(lab.logged.join()).toContain('receiving a delivery failed');
  },
);

describe('a queue that is deleted', () => {
  test('again and again, also while the consumer comes back, is consumed in the end', async () => {
    const worker = await work(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    for (let nth = 0; nth < 60; nth++) await channel.deleteQueue(worker.address);
    const queues = () => channel.checkQueue(worker.address).then(({ consumerCount }) => consumerCount);
    await eventually(() => worker.transport.health().counters['consumers'] === 1);
    for (let nth = 0; nth < 3; nth++) {
      await channel.deleteQueue(worker.address);
      await eventually(() => worker.transport.health().counters['consumers'] === 1);
    }
    const sent = message();
    await eventually(async () => {
      await worker.transport.send(worker.address, sent).catch(() => undefined);
      return worker.seen.length > 0;
    });
    expect(await queues()).toBe(1);
    expect(worker.transport.health().reason).toBeUndefined();
  });
});

test('an exchange that was deleted under a worker is declared and bound again after a while', async () => {
  const clock: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms === 22_500 ? 50 : ms, task) };
  const random = { uuid: () => crypto.randomUUID(), unit: () => 0 };
  const worker = await work(lab.connect({ clock, random }), undefined, { actions: ['vanishing'] });
  const connection = await lab.foreigner();
  const channel = await connection.createChannel();
  await channel.deleteExchange('vanishing');
  await eventually(async () => {
    const asking = await connection.createChannel();
    asking.on('error', () => undefined);
    return asking.checkExchange('vanishing').then(
      () => true,
      () => false,
    );
  });
  await eventually(() => {
    channel.publish('vanishing', worker.address, Buffer.from('{}'));
    return worker.seen.length > 0;
  });
});
