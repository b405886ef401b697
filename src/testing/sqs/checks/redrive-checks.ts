import assert from 'node:assert/strict';
import { at, bodies, refused, type CheckQueue, type SqsCheck } from './check.js';

async function redriveTo(target: CheckQueue, maxReceiveCount: number): Promise<{ RedrivePolicy: string }> {
  const { QueueArn } = await target.attributes();
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount }) };
}

/** Dead letters. */
export const redriveChecks: readonly SqsCheck[] = [
  {
    name: 'a message received too often is moved to the dead letters as it is, and its group goes on',
    async run({ queue }) {
      const dead = await queue();
      const q = await queue({ attributes: await redriveTo(dead, 1) });
      const sent = await q.send('1', { MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } } });
      await q.send('2');
      await q.hide(at(await q.receive({ MaxNumberOfMessages: 1 }), 0), 0);
      assert.deepEqual(bodies(await q.receive()), ['2']);
      const letter = at(await dead.receive(), 0);
      assert.equal(letter.Body, '1');
      assert.equal(letter.MessageId, sent['MessageId']);
      assert.equal(letter.MessageAttributes?.['a']?.['StringValue'], 'x');
      assert.equal(letter.Attributes['MessageGroupId'], 'g');
      assert.equal(letter.Attributes['DeadLetterQueueSourceArn'], (await q.attributes())['QueueArn']);
    },
  },
  {
    name: 'dead letters of a FIFO queue need a FIFO queue, and one that there is',
    async run({ queue, call, freshName }) {
      const [fifo, standard] = [await queue(), await queue({ fifo: false })];
      const create = async (Attributes: object) =>
        call('CreateQueue', { QueueName: `${freshName()}.fifo`, Attributes: { FifoQueue: 'true', ...Attributes } });
      await refused(create(await redriveTo(standard, 1)), 'InvalidParameterValue');
      const missing = { RedrivePolicy: (await redriveTo(fifo, 1)).RedrivePolicy.replace(fifo.name, 'none.fifo') };
      await refused(create(missing), 'InvalidParameterValue', 'QueueDoesNotExist');
    },
  },
  {
    name: 'a queue of dead letters names its sources',
    async run({ queue, call }) {
      const dead = await queue();
      const q = await queue({ attributes: await redriveTo(dead, 1) });
      const { queueUrls } = await call('ListDeadLetterSourceQueues', { QueueUrl: dead.url });
      assert.deepEqual(queueUrls, [q.url]);
    },
  },
];
