import assert from 'node:assert/strict';
import { at, bodies, type SqsCheck } from './check.js';

/** FIFO queues: order within a group, and which groups are locked. */
export const groupChecks: readonly SqsCheck[] = [
  {
    name: 'a receive takes several messages of one group, in order',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2', '3']) await q.send(body);
      assert.deepEqual(bodies(await q.receive()), ['1', '2', '3']);
    },
  },
  {
    name: 'a group is locked while one of its messages is in flight, and others are not',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      assert.deepEqual(bodies(await q.receive({ MaxNumberOfMessages: 1 })), ['1']);
      await q.receiveNothing();
      await q.send('3', { MessageGroupId: 'h' });
      assert.deepEqual(bodies(await q.receive()), ['3']);
    },
  },
  {
    name: 'a group stays locked until the last message of a receive is deleted',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2', '3']) await q.send(body);
      const held = await q.receive({ MaxNumberOfMessages: 2 });
      await q.delete(at(held, 0));
      await q.receiveNothing();
      await q.delete(at(held, 1));
      assert.deepEqual(bodies(await q.receive()), ['3']);
    },
  },
  {
    name: 'a message given back is delivered before those behind it',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      await q.hide(at(await q.receive({ MaxNumberOfMessages: 1 }), 0), 0);
      assert.deepEqual(bodies(await q.receive({ MaxNumberOfMessages: 1 })), ['1']);
    },
  },
  {
    name: 'a message given back waits for those of its group that are in flight still',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      const held = await q.receive({ MaxNumberOfMessages: 2 });
      assert.equal(held.length, 2);
      await q.hide(at(held, 0), 0);
      await q.receiveNothing();
      await q.hide(at(held, 1), 0);
      assert.deepEqual(bodies(await q.receive({ MaxNumberOfMessages: 1 })), ['1']);
    },
  },
  {
    name: 'what nobody deletes comes again in order when its visibility timeout is over',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      await q.receive({ VisibilityTimeout: 1, MaxNumberOfMessages: 1 });
      await q.receiveNothing();
      await advance(1_100);
      const again = await q.receive({ MaxNumberOfMessages: 1 });
      assert.deepEqual(bodies(again), ['1']);
      assert.equal(at(again, 0).Attributes['ApproximateReceiveCount'], '2');
    },
  },
  {
    name: 'sequence numbers rise',
    async run({ queue }) {
      const q = await queue();
      const [first, second] = [await q.send('1'), await q.send('2')].map(({ SequenceNumber }) =>
        String(SequenceNumber),
      );
      assert.ok(BigInt(first ?? 0) < BigInt(second ?? 0), `expected ${first} < ${second}`);
      assert.equal(at(await q.receive(), 0).Attributes['SequenceNumber'], first);
    },
  },
];
