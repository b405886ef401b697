import assert from 'node:assert/strict';
import { at, bodies, refused, type SqsCheck } from './check.js';

/** What a receive gives, and when. */
export const receivingChecks: readonly SqsCheck[] = [
  {
    name: 'a receive asks for 1 to 10 messages, waits up to 20 s, and hides up to 12 h',
    async run({ queue }) {
      const q = await queue();
      const wrong = [
        { MaxNumberOfMessages: 0 },
        { MaxNumberOfMessages: 11 },
        { WaitTimeSeconds: 21 },
        { VisibilityTimeout: 43_201 },
      ];
      for (const more of wrong) await refused(q.receive(more), 'InvalidParameterValue');
    },
  },
  {
    name: 'a receive that finds nothing has no list of messages',
    async run({ queue, call }) {
      const q = await queue();
      assert.equal((await call('ReceiveMessage', { QueueUrl: q.url }))['Messages'], undefined);
    },
  },
  {
    name: 'a receive gives the attributes it asks for, by name or by prefix, and no others',
    async run({ queue }) {
      const q = await queue({ fifo: false, attributes: { VisibilityTimeout: '0' } });
      const text = { DataType: 'String', StringValue: 'x' };
      await q.send('1', { MessageAttributes: { 'a.one': text, 'a.two': text, b: text } });
      const names = async (...MessageAttributeNames: string[]) =>
        Object.keys(at(await q.receive({ MessageAttributeNames }), 0).MessageAttributes ?? {}).sort();
      assert.deepEqual(await names(), []);
      assert.deepEqual(await names('b'), ['b']);
      assert.deepEqual(await names('a.*'), ['a.one', 'a.two']);
      assert.deepEqual(await names('.*'), ['a.one', 'a.two', 'b']);
      const bare = at(await q.receive({ MessageSystemAttributeNames: ['SentTimestamp'] }), 0);
      assert.deepEqual(Object.keys(bare.Attributes), ['SentTimestamp']);
    },
  },
  {
    name: 'a message says who sent it, when, and how often it was received',
    async run({ queue }) {
      const q = await queue();
      await q.send('1');
      const { Attributes } = at(await q.receive(), 0);
      assert.equal(Attributes['ApproximateReceiveCount'], '1');
      assert.equal(Attributes['MessageGroupId'], 'g');
      assert.equal(Attributes['MessageDeduplicationId'], '1');
      assert.match(Attributes['SentTimestamp'] ?? '', /^\d{13}$/);
      assert.match(Attributes['ApproximateFirstReceiveTimestamp'] ?? '', /^\d{13}$/);
      assert.match(Attributes['SenderId'] ?? '', /^[A-Z0-9]+(:.+)?$/);
    },
  },
  {
    name: 'a poll that waits gets what is sent meanwhile',
    async run({ queue }) {
      const q = await queue();
      const poll = q.receive({ WaitTimeSeconds: 20 });
      await q.send('1');
      assert.deepEqual(bodies(await poll), ['1']);
    },
  },
  {
    name: 'a poll that waits gets what becomes visible meanwhile',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      await q.receive({ VisibilityTimeout: 1, MaxNumberOfMessages: 1 });
      const poll = q.receive({ WaitTimeSeconds: 20, MaxNumberOfMessages: 1 });
      await advance(1_100);
      assert.deepEqual(bodies(await poll), ['1']);
    },
  },
  {
    name: 'a poll that waits gets the next of a group once the one before is deleted',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2']) await q.send(body);
      const first = at(await q.receive({ MaxNumberOfMessages: 1 }), 0);
      const poll = q.receive({ WaitTimeSeconds: 20 });
      await q.delete(first);
      assert.deepEqual(bodies(await poll), ['2']);
    },
  },
  {
    name: 'a standard queue delivers a delayed message when its delay is over',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue({ fifo: false });
      await q.send('1', { DelaySeconds: 1 });
      await q.receiveNothing();
      await advance(1_100);
      assert.deepEqual(bodies(await q.receive()), ['1']);
    },
  },
  {
    name: 'a FIFO queue with a delay delivers all of its messages that much later',
    takesMs: 1_100,
    async run({ queue, advance }) {
      const q = await queue({ attributes: { DelaySeconds: '1' } });
      for (const body of ['1', '2']) await q.send(body);
      await q.receiveNothing();
      assert.equal((await q.attributes())['ApproximateNumberOfMessagesDelayed'], '2');
      await advance(1_100);
      assert.deepEqual(bodies(await q.receive()), ['1', '2']);
    },
  },
];
