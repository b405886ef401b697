import assert from 'node:assert/strict';
import { at, bodies, refused, type SqsCheck } from './check.js';

/** FIFO queues: what is taken for a duplicate. */
export const dedupChecks: readonly SqsCheck[] = [
  {
    name: 'a duplicate is accepted under the id of the first, and not delivered',
    async run({ queue }) {
      const q = await queue();
      const first = await q.send('1', { MessageDeduplicationId: 'd' });
      const second = await q.send('2', { MessageDeduplicationId: 'd' });
      assert.equal(second['MessageId'], first['MessageId']);
      assert.equal(second['SequenceNumber'], first['SequenceNumber']);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a deduplication id outlives the delete of its message',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      await q.delete(at(await q.receive(), 0));
      await q.send('1');
      await q.receiveNothing();
    },
  },
  {
    name: 'a deduplication id is forgotten after five minutes',
    takesMs: 302_000,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      await q.delete(at(await q.receive(), 0));
      await advance(298_000);
      await q.send('1');
      await q.receiveNothing();
      await advance(4_000);
      await q.send('1');
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a deduplication id counts for all groups of a queue',
    async run({ queue }) {
      const q = await queue();
      await q.send('1', { MessageDeduplicationId: 'd', MessageGroupId: 'g' });
      await q.send('2', { MessageDeduplicationId: 'd', MessageGroupId: 'h' });
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'with the scope messageGroup it counts for its group only',
    async run({ queue }) {
      const q = await queue({ attributes: { DeduplicationScope: 'messageGroup' } });
      await q.send('1', { MessageDeduplicationId: 'd', MessageGroupId: 'g' });
      await q.send('2', { MessageDeduplicationId: 'd', MessageGroupId: 'h' });
      await q.send('3', { MessageDeduplicationId: 'd', MessageGroupId: 'h' });
      assert.deepEqual(bodies(await q.receive()).sort(), ['1', '2']);
    },
  },
  {
    name: 'without a deduplication id a message needs a queue that deduplicates by content',
    async run({ queue, call }) {
      const message = { MessageBody: 'same', MessageGroupId: 'g' };
      const plain = await queue();
      await refused(call('SendMessage', { QueueUrl: plain.url, ...message }), 'InvalidParameterValue');
      const q = await queue({ attributes: { ContentBasedDeduplication: 'true' } });
      await call('SendMessage', { QueueUrl: q.url, ...message });
      await call('SendMessage', { QueueUrl: q.url, ...message });
      await q.send('same', { MessageDeduplicationId: 'own' });
      assert.deepEqual(bodies(await q.receive()), ['same', 'same']);
    },
  },
];
