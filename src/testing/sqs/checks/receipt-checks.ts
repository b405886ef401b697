import assert from 'node:assert/strict';
import { at, bodies, refused, type SqsCheck } from './check.js';

/** What a late change of visibility is answered with, by one kind of queue or the other. */
const late = ['InvalidParameterValue', 'MessageNotInflight', 'ReceiptHandleIsInvalid'];
const expired = ['InvalidParameterValue', 'ReceiptHandleIsInvalid'];

/** Deleting and hiding what was received, in time or not. */
export const receiptChecks: readonly SqsCheck[] = [
  {
    name: 'a FIFO queue refuses a delete once the visibility timeout is over',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      const received = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      await refused(q.delete(received), ...expired);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a FIFO queue refuses a delete by the receipt of an earlier receive',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      const earlier = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      const later = at(await q.receive(), 0);
      await refused(q.delete(earlier), ...expired);
      await q.hide(later, 0);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a batch of deletes says which receipts were too late',
    takesMs: 1_100,
    async run({ queue, advance, call }) {
      const q = await queue();
      await q.send('1');
      const { ReceiptHandle } = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      const { Successful = [], Failed = [] } = await call('DeleteMessageBatch', {
        QueueUrl: q.url,
        Entries: [{ Id: 'late', ReceiptHandle }],
      });
      assert.deepEqual(Successful, []);
      assert.deepEqual(
        (Failed as { Id: string; SenderFault: boolean }[]).map(({ Id, SenderFault }) => [Id, SenderFault]),
        [['late', true]],
      );
    },
  },
  {
    name: 'a standard queue does not delete by the receipt of an earlier receive',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue({ fifo: false });
      await q.send('1');
      const earlier = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      const later = at(await q.receive(), 0);
      assert.notEqual(later.ReceiptHandle, earlier.ReceiptHandle);
      await q.delete(earlier).catch(() => undefined);
      await q.hide(later, 0);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a standard queue deletes by the latest receipt even when its visibility timeout is over',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue({ fifo: false });
      await q.send('1');
      const received = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      await q.delete(received);
      await q.receiveNothing();
    },
  },
  {
    name: 'a delete that is repeated succeeds',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      const received = at(await q.receive(), 0);
      await q.delete(received);
      await q.delete(received);
    },
  },
  {
    name: 'what is no receipt is refused',
    async run({ queue }) {
      const q = await queue();
      const message = { MessageId: '', ReceiptHandle: 'no-receipt', Body: '', Attributes: {} };
      await refused(q.delete(message), 'ReceiptHandleIsInvalid');
      await refused(q.hide(message, 1), 'ReceiptHandleIsInvalid');
    },
  },
  {
    name: 'the receipt of another queue is refused',
    async run({ queue }) {
      const [q, other] = [await queue(), await queue()];
      await q.send('1');
      const received = at(await q.receive(), 0);
      await refused(other.delete(received), ...expired);
      await refused(other.hide(received, 1), ...expired);
    },
  },
  ...[true, false].map((fifo) => ({
    name: `a ${fifo ? 'FIFO' : 'standard'} queue refuses to change a visibility timeout that is over`,
    takesMs: 1_100,
    async run({ queue, advance }: Parameters<SqsCheck['run']>[0]) {
      const q = await queue({ fifo });
      await q.send('1');
      const received = at(await q.receive({ VisibilityTimeout: 1 }), 0);
      await advance(1_100);
      await refused(q.hide(received, 30), ...late);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  })),
  {
    name: 'the visibility of a message that was deleted cannot be changed',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      const received = at(await q.receive(), 0);
      await q.delete(received);
      await refused(q.hide(received, 30), ...late);
    },
  },
  {
    name: 'visibility 0 gives a message back at once, and ends its receipt on a FIFO queue',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      const received = at(await q.receive(), 0);
      await q.hide(received, 0);
      await refused(q.delete(received), ...expired);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a longer visibility counts from its change',
    takesMs: 2_500,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      await q.hide(at(await q.receive({ VisibilityTimeout: 1 }), 0), 2);
      await advance(1_300);
      await q.receiveNothing();
      await advance(1_200);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'nothing is hidden for more than 12 hours from its receive',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      const received = at(await q.receive(), 0);
      await advance(1_100);
      await refused(q.hide(received, 43_200), 'InvalidParameterValue');
      await q.hide(received, 43_190);
    },
  },
];
