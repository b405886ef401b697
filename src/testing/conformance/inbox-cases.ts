import assert from 'node:assert/strict';
import type { Message } from '../../core/transport.js';
import type { ConformanceCase } from './case.js';
import { createGate } from './context.js';
import { open, replyTo } from './open-inbox.js';

const group = 'inbox';

export const inboxCases: readonly ConformanceCase[] = [
  {
    name: 'a reply arrives where the request said',
    group,
    async run(context) {
      const { connect, work, message, send, eventually } = context;
      const caller = await connect();
      const inbox = await open(context, caller);
      const worker = await work();
      const request = await send(caller, worker.address, message({ replyTo: inbox.address }));
      await eventually(() => worker.seen.length === 1, 'the request arrives');
      const { replyTo: address = '' } = worker.seen[0]?.message ?? {};
      await send(worker.transport, address, { ...replyTo(request, '{"ü":1}'), headers: { 'x-kept': 'ja' } });
      await eventually(() => inbox.got.length === 1, 'the reply arrives');
      const [reply] = inbox.got;
      assert.deepEqual([reply?.body, reply?.correlationId, reply?.action], ['{"ü":1}', request.id, undefined]);
      assert.equal(reply?.headers['x-kept'], 'ja');
    },
  },
  {
    name: 'a reply that is sent before the request was acked, or its send resolved, arrives',
    group,
    async run(context) {
      const { connect, work, message, within, eventually } = context;
      const caller = await connect();
      const inbox = await open(context, caller);
      const gate = createGate();
      const worker = await work({
        async receive({ message: request }) {
          await worker.transport.send(request.replyTo ?? '', replyTo(request));
          await gate.opened;
          return { kind: 'ack' };
        },
      });
      const request = message({ replyTo: inbox.address });
      const sending = caller.send(worker.address, request);
      await eventually(() => inbox.got.some((reply) => reply.correlationId === request.id), 'the reply arrives');
      gate.open();
      await within(sending, 'the send ends');
    },
  },
  {
    name: 'an inbox gets its own replies and no others',
    group,
    async run(context) {
      const { connect, message, send, eventually } = context;
      const [here, there, worker] = [await connect(), await connect(), await connect()];
      const inboxes = [await open(context, here), await open(context, here), await open(context, there)];
      assert.equal(new Set(inboxes.map(({ address }) => address)).size, 3);
      const requests: Message[] = [];
      for (const { address } of inboxes) {
        const request = message();
        requests.push(request);
        await send(worker, address, replyTo(request));
      }
      await eventually(() => inboxes.every(({ got }) => got.length > 0), 'each has its reply');
      assert.deepEqual(
        inboxes.map(({ got }) => got.map(({ correlationId }) => correlationId)),
        requests.map(({ id }) => [id]),
      );
    },
  },
  {
    name: 'an inbox that is closed gets nothing more, and the other one of its transport goes on',
    group,
    async run(context) {
      const { connect, message, send, eventually, within } = context;
      const [caller, worker] = [await connect(), await connect()];
      const [closed, other] = [await open(context, caller), await open(context, caller)];
      await within(closed.close(), 'it closes');
      await within(closed.close(), 'it closes twice');
      const late = worker.send(closed.address, replyTo(message())).catch(() => undefined);
      await within(late, 'the late one is sent, or refused');
      const marker = replyTo(message());
      await send(worker, other.address, marker);
      await eventually(() => other.got.length === 1, 'the other one gets its reply');
      assert.equal(closed.got.length, 0);
    },
  },
  {
    name: 'a reply to an inbox that is gone is unroutable',
    group,
    trait: { name: 'reportsUnroutable', is: true },
    async run(context) {
      const { connect, message, refused, within } = context;
      const [caller, worker] = [await connect(), await connect()];
      const inbox = await open(context, caller);
      await within(inbox.close(), 'it closes');
      const error = await refused(worker.send(inbox.address, replyTo(message())), 'unroutable');
      assert.equal(error.sent, 'no');
    },
  },
  {
    name: 'a flood of replies arrives, each once',
    group,
    async run(context) {
      const { connect, message, within, send, eventually } = context;
      const [caller, worker] = [await connect(), await connect()];
      const inbox = await open(context, caller, (_, nth) => (nth % 2 === 0 ? Promise.resolve() : undefined));
      const replies = Array.from({ length: 3_000 }, () => replyTo(message()));
      for (let from = 0; from < replies.length; from += 500) {
        const burst = replies.slice(from, from + 500).map((reply) => worker.send(inbox.address, reply));
        await within(Promise.all(burst), 'the sends end');
      }
      await eventually(() => inbox.got.length >= replies.length, 'all arrive');
      const marker = replyTo(message());
      await send(worker, inbox.address, marker);
      await eventually(() => inbox.got.some(({ id }) => id === marker.id), 'a marker arrives');
      assert.equal(inbox.got.length, replies.length + 1);
    },
  },
  {
    name: 'a reply that is received slowly holds back none of the others',
    group,
    async run(context) {
      const { connect, message, send, eventually } = context;
      const [caller, worker] = [await connect(), await connect()];
      const gate = createGate();
      const inbox = await open(context, caller, (_, nth) => (nth === 1 ? gate.opened : undefined));
      for (let count = 0; count < 10; count += 1) await send(worker, inbox.address, replyTo(message()));
      await eventually(() => new Set(inbox.got.map(({ id }) => id)).size === 10, 'all arrive');
      gate.open();
    },
  },
];
