import assert from 'node:assert/strict';
import { at, bodies, refused, type CheckQueue, type SqsCheck } from './check.js';

const text = (value: string) => ({ DataType: 'String', StringValue: value });
const mebibyte = 1_048_576;

function withAttributes(q: CheckQueue, count: number) {
  const MessageAttributes = Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, text('x')]));
  return q.send('1', { MessageAttributes });
}

/** What can be sent, and what is refused. */
export const sendingChecks: readonly SqsCheck[] = [
  {
    name: 'a FIFO queue takes no message without a group',
    async run({ queue, call }) {
      const q = await queue();
      const message = { QueueUrl: q.url, MessageBody: '1', MessageDeduplicationId: 'd' };
      await refused(call('SendMessage', message), 'MissingParameter', 'MissingRequiredParameter');
    },
  },
  {
    name: 'a FIFO queue takes no delay of a single message',
    async run({ queue }) {
      const q = await queue();
      await refused(q.send('1', { DelaySeconds: 1 }), 'InvalidParameterValue');
    },
  },
  {
    name: 'a standard queue takes no deduplication id',
    async run({ queue }) {
      const q = await queue({ fifo: false });
      await refused(q.send('1', { MessageDeduplicationId: 'd' }), 'InvalidParameterValue');
    },
  },
  {
    name: 'group and deduplication ids have at most 128 letters, digits and marks',
    async run({ queue }) {
      const q = await queue();
      const longest = 'a!~'.padEnd(128, 'z');
      await q.send('1', { MessageGroupId: longest, MessageDeduplicationId: longest });
      for (const wrong of ['with space', 'é', `${longest}z`]) {
        await refused(q.send('2', { MessageGroupId: wrong }), 'InvalidParameterValue');
        await refused(q.send('2', { MessageDeduplicationId: wrong }), 'InvalidParameterValue');
      }
    },
  },
  {
    name: 'characters that XML does not know are refused',
    async run({ queue }) {
      const q = await queue();
      for (const wrong of ['\u0000', '\u001f', '\ufffe', '\uffff']) {
        await refused(q.send(`a${wrong}`, { MessageDeduplicationId: 'd' }), 'InvalidMessageContents');
      }
      const legal = '\t\n\r é \ud7ff\ue000\ufffd \u{10000}\u{10fffd} 🫖';
      await q.send(legal, { MessageDeduplicationId: 'd' });
      assert.deepEqual(bodies(await q.receive()), [legal]);
    },
  },
  {
    name: 'an empty body is refused',
    async run({ queue }) {
      const q = await queue();
      await refused(
        q.send('', { MessageDeduplicationId: 'd' }),
        'MissingParameter',
        'InvalidParameterValue',
        'MissingRequiredParameter',
      );
    },
  },
  {
    name: 'a message has at most 1 MiB, its attributes included',
    async run({ queue }) {
      const q = await queue();
      const MessageAttributes = { name: text('é') };
      const attributeBytes = 'name'.length + 'String'.length + 2;
      const more = (MessageDeduplicationId: string) => ({ MessageDeduplicationId, MessageAttributes });
      const body = 'x'.repeat(mebibyte - attributeBytes);
      await refused(q.send(`${body}x`, more('over')), 'InvalidParameterValue');
      await q.send(body, more('full'));
      assert.equal(at(await q.receive(), 0).Body.length, body.length);
    },
  },
  {
    name: 'a message is no larger than its queue allows',
    async run({ queue }) {
      const q = await queue({ attributes: { MaximumMessageSize: '1024' } });
      await refused(q.send('é'.repeat(513), { MessageDeduplicationId: 'd' }), 'InvalidParameterValue');
      await q.send('é'.repeat(512), { MessageDeduplicationId: 'd' });
    },
  },
  {
    name: 'a message has at most ten attributes',
    async run({ queue }) {
      const q = await queue();
      await refused(withAttributes(q, 11), 'InvalidParameterValue');
      await withAttributes(q, 10);
    },
  },
  {
    name: 'an attribute has a name, a type and a value that SQS knows',
    async run({ queue }) {
      const q = await queue();
      const wrong = [
        { 'with space': text('x') },
        { 'AWS.x': text('x') },
        { 'a..b': text('x') },
        { a: { DataType: 'Text', StringValue: 'x' } },
        { a: { DataType: 'String', StringValue: '' } },
      ];
      for (const MessageAttributes of wrong) await refused(q.send('1', { MessageAttributes }), 'InvalidParameterValue');
    },
  },
  {
    name: 'an attribute has no character that XML does not know',
    async run({ queue }) {
      const q = await queue();
      const MessageAttributes = { a: text('\u0000') };
      await refused(q.send('1', { MessageAttributes }), 'InvalidMessageContents', 'InvalidParameterValue');
    },
  },
  {
    name: 'attributes arrive as they were sent, with the checksum that AWS describes',
    async run({ queue }) {
      const q = await queue();
      const MessageAttributes = {
        b: text('é'),
        a: { DataType: 'Number', StringValue: '1' },
        c: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      };
      const sent = await q.send('1', { MessageAttributes });
      const received = at(await q.receive(), 0);
      assert.equal(sent['MD5OfMessageAttributes'], '463ee2133ceb850a766ae24708cbd351');
      assert.equal(received.MD5OfMessageAttributes, sent['MD5OfMessageAttributes']);
      assert.equal(received.MessageAttributes?.['b']?.['StringValue'], 'é');
      assert.deepEqual(
        Buffer.from(received.MessageAttributes['c']?.['BinaryValue'] as Uint8Array),
        Buffer.from([0, 255]),
      );
    },
  },
];
