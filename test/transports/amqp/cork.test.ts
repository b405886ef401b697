import { EventEmitter, once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Channel } from 'amqplib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { corkEachTurn, createStraightening } from '../../../transports/amqp/cork.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { eventually, message, openLab, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterAll(() => lab.end());

/** As amqplib 2.x has one, with the socket of its connection. */
function channelAt(ch: number, channels: { buffer: { write(frame: Buffer): boolean } }[]): Channel {
  return Object.assign(new EventEmitter(), { ch, connection: { channels } }) as unknown as Channel;
}

test('a channel is full with 1 MiB that the socket did not take, and hears when there is room again', async () => {
  const socket = new PassThrough();
  corkEachTurn(socket);
  const channels = [0, 1].map(() => ({ buffer: new PassThrough() }));
  const [full, idle] = [channelAt(0, channels), channelAt(1, channels)];
  const straighten = createStraightening(socket);
  straighten(full);
  straighten(idle);
  const drained: string[] = [];
  full.on('drain', () => drained.push('full'));
  idle.on('drain', () => drained.push('idle'));

  const frame = Buffer.alloc(300_000);
  const room = Array.from({ length: 5 }, () => channels[0]?.buffer.write(frame));
  expect(room).toEqual([true, true, true, false, false]);
  const drain = once(full, 'drain');
  socket.resume();
  await drain;
  expect(drained).toEqual(['full']);
  expect(channels[0]?.buffer.write(Buffer.alloc(1))).toBe(true);
});

test('a channel of another shape stays as it is', () => {
  const straighten = createStraightening(new PassThrough());
  const buffer = { write: () => true };
  for (const channels of [[{ buffer }], []]) {
    straighten(channelAt(0, channels));
    expect(channels).toEqual(channels.length === 0 ? [] : [{ buffer }]);
  }
});

test('more than a socket takes at once arrives whole', async () => {
  const worker = await work(lab.connect());
  const caller = lab.connect();
  const text = 'x'.repeat(500_000);
  await Promise.all(
    Array.from({ length: 30 }, (_, n) => caller.send(worker.address, message({ body: JSON.stringify({ n, text }) }))),
  );
  await eventually(() => worker.seen.length === 30);
  const arrived = worker.seen.map((delivery) => JSON.parse(delivery.message.body) as { n: number; text: string });
  expect(arrived.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(new Set(arrived.map((one) => one.text))).toEqual(new Set([text]));
});
