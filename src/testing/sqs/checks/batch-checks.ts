import assert from 'node:assert/strict';
import { bodies, refused, type SqsCheck, type SqsFields } from './check.js';

const entry = (id: string, more: SqsFields = {}) => ({
  Id: id,
  MessageBody: id,
  MessageGroupId: 'g',
  MessageDeduplicationId: id,
  ...more,
});
const ids = (entries: unknown) => ((entries ?? []) as { Id: string }[]).map(({ Id }) => Id);

/** Several messages in one call. */
export const batchChecks: readonly SqsCheck[] = [
  {
    name: 'a batch that is empty, too long or unclear is refused as a whole',
    async run({ queue, call }) {
      const q = await queue();
      const send = (...Entries: SqsFields[]) => call('SendMessageBatch', { QueueUrl: q.url, Entries });
      await refused(send(), 'EmptyBatchRequest');
      await refused(send(...Array.from({ length: 11 }, (_, n) => entry(`${n}`))), 'TooManyEntriesInBatchRequest');
      await refused(send(entry('a'), entry('a', { MessageDeduplicationId: 'b' })), 'BatchEntryIdsNotDistinct');
      await refused(send(entry('a b')), 'InvalidBatchEntryId');
      await refused(send(entry('a'.repeat(81))), 'InvalidBatchEntryId');
      await q.receiveNothing();
    },
  },
  {
    name: 'a batch of more than 1 MiB is refused as a whole',
    async run({ queue, call }) {
      const q = await queue();
      const half = 'x'.repeat(524_288);
      const Entries = [entry('a', { MessageBody: half }), entry('b', { MessageBody: `${half}x` })];
      await refused(call('SendMessageBatch', { QueueUrl: q.url, Entries }), 'BatchRequestTooLong');
      await q.receiveNothing();
    },
  },
  {
    name: 'of a batch, what can be sent is sent, in order, and the rest is named',
    async run({ queue, call }) {
      const q = await queue();
      const Entries = [entry('a'), entry('b', { MessageBody: '\u0000' }), entry('c', { DelaySeconds: 1 }), entry('d')];
      const { Successful, Failed } = await call('SendMessageBatch', { QueueUrl: q.url, Entries });
      assert.deepEqual(ids(Successful), ['a', 'd']);
      assert.deepEqual(ids(Failed).sort(), ['b', 'c']);
      assert.deepEqual(bodies(await q.receive()), ['a', 'd']);
    },
  },
  {
    name: 'a batch may change and delete what was received, each on its own',
    async run({ queue, call }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      const received = await q.receive();
      const Entries = [...received, { ReceiptHandle: 'no-receipt' }].map(({ ReceiptHandle }, n) => ({
        Id: `${n}`,
        ReceiptHandle,
      }));
      const hidden = Entries.map((each) => ({ ...each, VisibilityTimeout: 60 }));
      const changed = await call('ChangeMessageVisibilityBatch', { QueueUrl: q.url, Entries: hidden });
      assert.deepEqual([ids(changed['Successful']), ids(changed['Failed'])], [['0', '1'], ['2']]);
      const deleted = await call('DeleteMessageBatch', { QueueUrl: q.url, Entries });
      assert.deepEqual([ids(deleted['Successful']), ids(deleted['Failed'])], [['0', '1'], ['2']]);
    },
  },
];
