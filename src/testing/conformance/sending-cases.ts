import assert from 'node:assert/strict';
import type { ConformanceCase } from './case.js';

const group = 'sending';

export const sendingCases: readonly ConformanceCase[] = [
  {
    name: 'every field arrives as it was sent',
    group,
    async run({ connect, work, message, send, eventually, nowMs }) {
      const caller = await connect();
      const inbox = await caller.openInbox({ receive: () => undefined, lost: () => undefined });
      const worker = await work();
      const expiresAt = nowMs() + 60_000;
      const headers = { 'x-one': '1', 'X-Two': 'two words', 'x-empty': '', 'x-long': 'ä'.repeat(5_000) };
      const route = { correlationId: 'correlation 1', groupKey: 'group 1', replyTo: inbox.address };
      const sent = await send(caller, worker.address, message({ body: '{"a":"ü"}', headers, expiresAt, ...route }));
      await eventually(() => worker.seen.length === 1, 'it arrives');
      const [delivery] = worker.seen;
      assert.ok(delivery);
      const { id, action, body, correlationId, groupKey, replyTo, headers: got } = delivery.message;
      assert.deepEqual({ id, action, body }, { id: sent.id, action: sent.action, body: sent.body });
      assert.deepEqual({ correlationId, groupKey, replyTo }, route);
      for (const [name, value] of Object.entries(headers)) assert.equal(got[name], value, `the header ${name}`);
      const driftMs = Math.abs((delivery.message.expiresAt ?? 0) - expiresAt);
      assert.ok(driftMs <= 2_000, `expected expiresAt to arrive within 2 s of what was sent, got ${driftMs} ms off`);
      assert.equal(delivery.unreadable, undefined);
    },
  },
  {
    name: 'a field that was left out stays absent',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      const { id, action = '', body } = message();
      await send(caller, worker.address, { id, action, body, headers: {} });
      await eventually(() => worker.seen.length === 1, 'it arrives');
      const { replyTo, correlationId, groupKey, expiresAt } = worker.seen[0]?.message ?? {};
      assert.deepEqual([replyTo, correlationId, groupKey, expiresAt], [undefined, undefined, undefined, undefined]);
    },
  },
  {
    name: 'what was sent is what the message was at that moment',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      const headers: Record<string, string> = { 'x-state': 'before' };
      const sending = send(caller, worker.address, message({ headers }));
      headers['x-state'] = 'after';
      await sending;
      await eventually(() => worker.seen.length === 1, 'it arrives');
      assert.equal(worker.seen[0]?.message.headers['x-state'], 'before');
    },
  },
  {
    name: 'a resolved send no longer needs its sender',
    group,
    async run({ connect, work, message, eventually, within }) {
      const caller = await connect();
      const first = await work();
      await within(first.consumer.stop(), 'it stops');
      const sent = message();
      const ended = caller.send(first.address, sent).then(() => caller.close());
      await within(ended, 'it is sent and its sender closes');
      const worker = await work({ address: first.address });
      await eventually(() => worker.times(sent) === 1, 'it arrives without its sender');
    },
  },
  {
    name: 'a resolved send survives a cut of every connection',
    group,
    needs: ['cut'],
    async run({ harness, connect, work, message, within, eventually }) {
      const caller = await connect();
      const first = await work();
      await within(first.consumer.stop(), 'it stops');
      const sent = Array.from({ length: 20 }, () => message());
      const sending = Promise.all(sent.map((each) => caller.send(first.address, each)));
      await within(
        sending.then(() => harness.cut?.()),
        'they are sent and all is cut',
      );
      const worker = await work({ address: first.address });
      await eventually(() => sent.every((each) => worker.times(each) > 0), 'all arrive');
    },
  },
  {
    name: 'a thousand sends at once all arrive, each once',
    group,
    async run({ connect, work, message, within, eventually, marker }) {
      const caller = await connect();
      const worker = await work({ intake: 100 });
      const sent = Array.from({ length: 1_000 }, () => message());
      await within(Promise.all(sent.map((each) => caller.send(worker.address, each))), 'all sends end');
      await eventually(() => worker.seen.length >= sent.length, 'all arrive');
      await marker(caller, worker);
      assert.equal(new Set(worker.ids()).size, sent.length + 1);
      assert.equal(worker.seen.length, sent.length + 1);
    },
  },
  {
    name: 'a send that was given up before it left is cancelled and never arrives',
    group,
    async run({ connect, work, message, refused, marker }) {
      const caller = await connect();
      const worker = await work();
      const signal = AbortSignal.abort(new Error('no longer wanted'));
      const error = await refused(caller.send(worker.address, message(), { signal }), 'cancelled');
      assert.equal(error.sent, 'no');
      await marker(caller, worker);
      assert.equal(worker.seen.length, 1);
    },
  },
  {
    name: 'an expired message is not delivered',
    group,
    async run({ connect, work, message, send, eventually, pass, nowMs, within }) {
      const caller = await connect();
      const first = await work();
      await within(first.consumer.stop(), 'it stops');
      const expiresAt = nowMs() + 100;
      const expired = await send(caller, first.address, message({ expiresAt }));
      await eventually(() => nowMs() > expiresAt, 'its time is over');
      await pass(50);
      const alive = await send(caller, first.address, message({ expiresAt: nowMs() + 60_000 }));
      const worker = await work({ address: first.address });
      await eventually(() => worker.times(alive) === 1, 'the one behind it arrives');
      assert.equal(worker.times(expired), 0);
    },
  },
  {
    name: 'the broker vouches for the sender, whatever the headers say',
    group,
    needs: ['users'],
    async run({ harness, connect, work, message, send, eventually }) {
      const worker = await work();
      for (const user of harness.users ?? []) {
        const caller = await connect({ user });
        const headers = { sender: 'somebody', user_id: 'somebody', 'samovar-sender': 'somebody' };
        const sent = await send(caller, worker.address, message({ headers }));
        await eventually(() => worker.times(sent) === 1, 'it arrives');
        assert.equal(worker.seen.at(-1)?.sender, user);
      }
    },
  },
];
