import assert from 'node:assert/strict';
import { at, bodies, type SqsCheck } from './check.js';

const attempt = { ReceiveRequestAttemptId: 'attempt-1' };
const receipts = (messages: readonly { ReceiptHandle: string }[]) => messages.map(({ ReceiptHandle }) => ReceiptHandle);

/** FIFO queues: `ReceiveRequestAttemptId`. */
export const attemptChecks: readonly SqsCheck[] = [
  {
    name: 'a receive repeated under its attempt id gives the same messages and receipts',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      await q.send('3', { MessageGroupId: 'h' });
      const first = await q.receive(attempt);
      assert.equal(first.length, 3);
      const second = await q.receive(attempt);
      assert.deepEqual(bodies(second), bodies(first));
      assert.deepEqual(receipts(second), receipts(first));
      await q.receiveNothing({ ReceiveRequestAttemptId: 'attempt-2' });
    },
  },
  {
    name: 'repeating a receive starts its visibility timeout anew',
    takesMs: 1_500,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      await q.receive({ ...attempt, VisibilityTimeout: 2 });
      await advance(1_200);
      assert.deepEqual(bodies(await q.receive({ ...attempt, VisibilityTimeout: 2 })), ['1']);
      await advance(1_200);
      await q.receiveNothing();
    },
  },
  {
    name: 'a receive of which one message was deleted is not repeated',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      const first = await q.receive(attempt);
      assert.equal(first.length, 2);
      await q.delete(at(first, 0));
      await q.receiveNothing(attempt);
    },
  },
  {
    name: 'a receive of which one message was hidden for longer is not repeated',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      await q.hide(at(await q.receive(attempt), 0), 60);
      await q.receiveNothing(attempt);
    },
  },
  {
    name: 'a receive whose visibility timeout is over is not repeated, but made anew',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      await q.send('1');
      const first = await q.receive({ ...attempt, VisibilityTimeout: 1 });
      await advance(1_100);
      const second = await q.receive(attempt);
      assert.deepEqual(bodies(second), ['1']);
      assert.notDeepEqual(receipts(second), receipts(first));
    },
  },
];
