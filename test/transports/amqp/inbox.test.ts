import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Message, TransportError } from '../../../src/core/transport.js';
import type { AmqpTransport } from '../../../transports/amqp/index.js';
import { sharedRabbitmq } from '../../support/shared-rabbitmq.js';
import { createGate, eventually, message, openLab, work, type Lab } from './lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(await sharedRabbitmq());
});
afterEach(() => lab.sweep());
afterAll(() => lab.end());

async function openInbox(transport: AmqpTransport) {
  const got: Message[] = [];
  const losses: string[] = [];
  const inbox = await transport.openInbox({
    receive: (reply) => void got.push(reply),
    lost: () => void losses.push('lost'),
  });
  return { inbox, got, losses };
}

describe('a durable inbox', () => {
  test('keeps the replies that come while its caller is cut off', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect({ app: 'shop' });
    const { inbox, got, losses } = await openInbox(caller);
    expect(inbox.address).toMatch(/^samovar\.inbox\.shop\./);
    await lab.proxy.down();
    for (let count = 0; count < 20; count += 1) {
      await worker.transport.send(inbox.address, { id: `r${count}`, body: '{}', headers: {} });
    }
    await lab.proxy.up();
    await eventually(() => got.length === 20);
    expect(losses).toEqual([]);
  });

  test('that is deleted tells so, and works on', async () => {
    const worker = await work(lab.connect());
    const { inbox, got, losses } = await openInbox(lab.connect());
    const channel = await (await lab.foreigner()).createChannel();
    await channel.deleteQueue(inbox.address);
    await eventually(() => losses.length === 1);
    await eventually(async () => {
      await worker.transport.send(inbox.address, { id: 'r', body: '{}', headers: {} }).catch(() => undefined);
      return got.length > 0;
    });
  });

  test('that is gone after a reconnect tells so, and works on', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect();
    const { inbox, got, losses } = await openInbox(caller);
    const channel = await (await lab.foreigner()).createChannel();
    await lab.proxy.down();
    await channel.deleteQueue(inbox.address);
    await lab.proxy.up();
    await eventually(() => losses.length === 1 && caller.status === 'ready');
    await worker.transport.send(inbox.address, { id: 'r', body: '{}', headers: {} });
    await eventually(() => got.length === 1);
  });

  test('passes on an unreadable reply as an empty one', async () => {
    const { inbox, got } = await openInbox(lab.connect({ maxBodyBytes: 1_000 }));
    const channel = await (await lab.foreigner()).createChannel();
    channel.sendToQueue(inbox.address, Buffer.from([0xff]), { correlationId: 'a' });
    channel.sendToQueue(inbox.address, Buffer.alloc(1_001, ' '), { correlationId: 'b' });
    channel.sendToQueue(inbox.address, Buffer.from('<a/>'), { correlationId: 'c', contentType: 'text/xml' });
    await eventually(() => got.length === 3);
    expect(got.map(({ correlationId, body }) => [correlationId, body])).toEqual([
      ['a', ''],
      ['b', ''],
      ['c', '<a/>'],
    ]);
  });

  test('is bound to the exchanges that are called where replies come through them, again after each reconnect', async () => {
    const worker = await work(lab.connect({ url: lab.url, replyRoute: 'request-exchange' }));
    const caller = lab.connect({ replyRoute: { [worker.address]: 'request-exchange' } });
    const { inbox, got } = await openInbox(caller);
    const channel = await (await lab.foreigner()).createChannel();
    const call = async (expected: number) => {
      await caller.send(worker.address, message({ replyTo: inbox.address }));
      await eventually(() => worker.seen.length === expected);
      // As an existing consumer does: to the request's own exchange, with its reply_to as the key.
      channel.publish('greet', inbox.address, Buffer.from('{"success":true}'), { messageId: `foreign ${expected}` });
      const replyTo = worker.seen.at(-1)?.message.replyTo ?? '';
      await worker.transport.send(replyTo, { id: `ours ${expected}`, body: '{}', headers: {} });
      // The ack of an earlier one may have been lost in the cut.
      await eventually(() => new Set(got.map(({ id }) => id)).size === 2 * expected);
    };
    await call(1);
    await lab.proxy.down();
    await channel.unbindQueue(inbox.address, 'greet', inbox.address);
    await lab.proxy.up();
    await eventually(() => caller.status === 'ready');
    await call(2);
  });

  test('is deleted when it is closed', async () => {
    const { inbox } = await openInbox(lab.connect());
    await inbox.close();
    const channel = await (await lab.foreigner()).createChannel();
    channel.on('error', () => undefined);
    await expect(channel.checkQueue(inbox.address)).rejects.toThrow(/NOT_FOUND/);
  });
});

describe('an exclusive inbox', () => {
  test('is server-named on the wire, and answered there', async () => {
    const worker = await work(lab.connect());
    const caller = lab.connect({ inbox: 'exclusive' });
    const { inbox, got } = await openInbox(caller);
    await caller.send(worker.address, message({ replyTo: inbox.address }));
    await eventually(() => worker.seen.length === 1);
    const { replyTo = '' } = worker.seen[0]?.message ?? {};
    expect(replyTo).toMatch(/^amq\.gen-/);
    await worker.transport.send(replyTo, { id: 'r', body: '{}', headers: {} });
    await eventually(() => got.length === 1);
  });

  test('is lost with its connection: sends in flight are told first, later ones name the next queue', async () => {
    const worker = await work(lab.connect({ url: lab.url }));
    const caller = lab.connect({ inbox: 'exclusive' });
    const events: string[] = [];
    const opened = createGate();
    const inbox = await caller.openInbox({ receive: () => opened.open(), lost: () => void events.push('lost') });
    const call = () => caller.send(worker.address, message({ replyTo: inbox.address }));
    await call();
    const release = lab.proxy.hold('basic.ack', 'down');
    const inFlight = call().catch((error: unknown) => void events.push((error as TransportError).sent));
    await eventually(() => worker.seen.length === 2);
    await lab.proxy.down();
    release();
    await inFlight;
    await eventually(() => events.length === 2);
    expect(events).toEqual(['maybe', 'lost']);
    const buffered = call();
    await lab.proxy.up();
    await buffered;
    await eventually(() => worker.seen.length === 3);
    const [first, , third] = worker.seen.map((each) => each.message.replyTo ?? '');
    expect(third).not.toBe(first);
    await worker.transport.send(third ?? '', { id: 'r', body: '{}', headers: {} });
    await opened.opened;
  });

  test('acks nothing: what it was handed is lost with it in any case', async () => {
    const worker = await work(lab.connect());
    const caller = lab.connect({ inbox: 'exclusive' });
    let received = 0;
    const inbox = await caller.openInbox({
      receive() {
        received += 1;
        return new Promise(() => undefined);
      },
      lost: () => undefined,
    });
    await caller.send(worker.address, message({ replyTo: inbox.address }));
    await eventually(() => worker.seen.length === 1);
    const replyTo = worker.seen[0]?.message.replyTo ?? '';
    const replies = Array.from({ length: 600 }, (_, nth) => ({ id: `r${nth}`, body: '{}', headers: {} }));
    await Promise.all(replies.map((reply) => worker.transport.send(replyTo, reply)));
    await eventually(() => received === 600);
  });
});
