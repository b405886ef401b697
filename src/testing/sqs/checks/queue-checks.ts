import assert from 'node:assert/strict';
import { refused, type SqsCheck } from './check.js';

/** Queues, their attributes and their tags. */
export const queueChecks: readonly SqsCheck[] = [
  {
    name: 'a queue that there is, is created again only without a difference',
    async run({ queue, call }) {
      const q = await queue({ attributes: { VisibilityTimeout: '60' } });
      const create = (Attributes: object) => call('CreateQueue', { QueueName: q.name, Attributes });
      assert.equal((await create({ FifoQueue: 'true', VisibilityTimeout: '60' }))['QueueUrl'], q.url);
      assert.equal((await create({ FifoQueue: 'true' }))['QueueUrl'], q.url);
      await refused(create({ FifoQueue: 'true', VisibilityTimeout: '61' }), 'QueueNameExists', 'QueueAlreadyExists');
    },
  },
  {
    name: 'a name is free again 60 s after its queue was deleted, not before',
    takesMs: 61_000,
    async run({ queue, call, advance }) {
      const q = await queue();
      const create = () => call('CreateQueue', { QueueName: q.name, Attributes: { FifoQueue: 'true' } });
      await call('DeleteQueue', { QueueUrl: q.url });
      await refused(create(), 'QueueDeletedRecently');
      await advance(61_000);
      await create();
    },
  },
  {
    name: 'a queue that is deleted cannot be created again at once',
    async run({ queue, call }) {
      const q = await queue();
      await call('DeleteQueue', { QueueUrl: q.url });
      const again = call('CreateQueue', { QueueName: q.name, Attributes: { FifoQueue: 'true' } });
      await refused(again, 'QueueDeletedRecently');
    },
  },
  {
    name: 'a FIFO queue, and no other, has a name that ends in .fifo',
    async run({ call, freshName }) {
      const create = (QueueName: string, Attributes: object = {}) => call('CreateQueue', { QueueName, Attributes });
      await refused(create(freshName(), { FifoQueue: 'true' }), 'InvalidParameterValue');
      await refused(create(`${freshName()}.fifo`), 'InvalidParameterValue');
    },
  },
  {
    name: 'a name has at most 80 letters, digits, hyphens and underscores',
    async run({ call, freshName }) {
      for (const QueueName of [`${freshName()}.x`, 'with space', freshName().padEnd(81, 'x')]) {
        await refused(call('CreateQueue', { QueueName }), 'InvalidParameterValue');
      }
    },
  },
  {
    name: 'a queue that there is not, is said not to exist, whatever is asked of it',
    async run({ queue, call, freshName }) {
      const QueueUrl = (await queue()).url.replace(/[^/]+$/, freshName());
      const missing = (action: string, more: object = {}) =>
        refused(call(action, { QueueUrl, ...more }), 'QueueDoesNotExist', 'NonExistentQueue');
      await refused(call('GetQueueUrl', { QueueName: freshName() }), 'QueueDoesNotExist', 'NonExistentQueue');
      await missing('SendMessage', { MessageBody: '1' });
      await missing('ReceiveMessage');
      await missing('GetQueueAttributes', { AttributeNames: ['All'] });
      await missing('ListQueueTags');
      await missing('TagQueue', { Tags: { a: '1' } });
      await missing('DeleteQueue');
    },
  },
  {
    name: 'attributes that SQS does not know, or values that it does not take, are refused',
    async run({ queue, call, freshName }) {
      const create = (Attributes: object) => call('CreateQueue', { QueueName: freshName(), Attributes });
      const q = await queue();
      const get = call('GetQueueAttributes', { QueueUrl: q.url, AttributeNames: ['Colour'] });
      await refused(get, 'InvalidAttributeName');
      await refused(create({ Colour: 'red' }), 'InvalidAttributeName');
      await refused(create({ VisibilityTimeout: '43201' }), 'InvalidAttributeValue', 'InvalidParameterValue');
      await refused(create({ ContentBasedDeduplication: 'true' }), 'InvalidAttributeName', 'InvalidParameterValue');
    },
  },
  {
    name: 'high throughput needs deduplication by group',
    async run({ call, freshName }) {
      const Attributes = { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId' };
      await refused(
        call('CreateQueue', { QueueName: `${freshName()}.fifo`, Attributes }),
        'InvalidParameterValue',
        'InvalidAttributeValue',
      );
    },
  },
  {
    name: 'a queue counts what waits and what is in flight',
    async run({ queue }) {
      const q = await queue();
      for (const body of ['1', '2', '3']) await q.send(body);
      await q.receive({ MaxNumberOfMessages: 1 });
      const attributes = await q.attributes();
      assert.equal(attributes['ApproximateNumberOfMessages'], '2');
      assert.equal(attributes['ApproximateNumberOfMessagesNotVisible'], '1');
      assert.equal(attributes['FifoQueue'], 'true');
      assert.match(attributes['QueueArn'] ?? '', new RegExp(`^arn:aws:sqs:[a-z0-9-]+:\\d{12}:${q.name}$`));
    },
  },
  {
    name: 'a queue is purged once in 60 s',
    async run({ queue, call }) {
      const q = await queue({ fifo: false });
      await q.send('1');
      await call('PurgeQueue', { QueueUrl: q.url });
      await refused(call('PurgeQueue', { QueueUrl: q.url }), 'PurgeQueueInProgress');
    },
  },
  {
    name: 'what is older than the retention of its queue is gone',
    takesMs: 61_000,
    async run({ queue, advance }) {
      const q = await queue({ attributes: { MessageRetentionPeriod: '60' } });
      await q.send('1');
      await advance(61_000);
      await q.receiveNothing();
      assert.equal((await q.attributes())['ApproximateNumberOfMessages'], '0');
    },
  },
  {
    name: 'tags are written, overwritten, read and taken off',
    async run({ queue, call }) {
      const q = await queue();
      const tag = (Tags: object) => call('TagQueue', { QueueUrl: q.url, Tags });
      const tags = async () => (await call('ListQueueTags', { QueueUrl: q.url }))['Tags'] ?? {};
      assert.deepEqual(await tags(), {});
      await tag({ alive: '1', other: 'x' });
      await tag({ alive: '2' });
      assert.deepEqual(await tags(), { alive: '2', other: 'x' });
      await call('UntagQueue', { QueueUrl: q.url, TagKeys: ['other'] });
      assert.deepEqual(await tags(), { alive: '2' });
    },
  },
  {
    name: 'queues are listed by their prefix, page by page',
    async run({ call, freshName }) {
      const prefix = freshName();
      const names = ['a', 'b', 'c'].map((end) => `${prefix}-${end}`);
      const urls: unknown[] = [];
      for (const QueueName of names) urls.push((await call('CreateQueue', { QueueName }))['QueueUrl']);
      const page = (more: object) => call('ListQueues', { QueueNamePrefix: prefix, ...more });
      const first = await page({ MaxResults: 2 });
      const second = await page({ MaxResults: 2, NextToken: first['NextToken'] });
      assert.deepEqual([first, second].flatMap(({ QueueUrls }) => QueueUrls).sort(), [...urls].sort());
      assert.equal(second['NextToken'], undefined);
      for (const QueueUrl of urls) await call('DeleteQueue', { QueueUrl });
    },
  },
];
