import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createManualClock, createSeededRandom, createSqsEmulator } from '../../src/testing/index.js';
import { emulatorClient, sqsClient } from './sqs-client.js';

const fifo = { FifoQueue: 'true' };

function setUp() {
  const clock = createManualClock();
  const emulator = createSqsEmulator({ clock, random: createSeededRandom(1) });
  return { clock, emulator, client: emulatorClient(emulator) };
}

describe('the SQS emulator', () => {
  test('carries messages of an SDK client without a socket', async () => {
    const { client, emulator } = setUp();
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'a.fifo', Attributes: fifo }));
    expect(QueueUrl).toBe(`${emulator.endpoint}/000000000000/a.fifo`);
    expect(await client.send(new GetQueueUrlCommand({ QueueName: 'a.fifo' }))).toMatchObject({ QueueUrl });
    const sent = await client.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: [1, 2, 3].map((n) => ({
          Id: `${n}`,
          MessageBody: `body ${n}`,
          MessageGroupId: 'g',
          MessageDeduplicationId: `d${n}`,
          MessageAttributes: { id: { DataType: 'String', StringValue: `${n}` } },
        })),
      }),
    );
    expect(sent.Successful).toHaveLength(3);
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 20,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    expect(Messages.map(({ Body }) => Body)).toEqual(['body 1', 'body 2', 'body 3']);
    expect(Messages[1]).toMatchObject({
      MessageAttributes: { id: { DataType: 'String', StringValue: '2' } },
      Attributes: {
        ApproximateReceiveCount: '1',
        MessageGroupId: 'g',
        MessageDeduplicationId: 'd2',
        SenderId: emulator.senderId('AKIAANN'),
      },
    });
    const changed = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle, VisibilityTimeout: 60 })),
      }),
    );
    expect(changed.Successful).toHaveLength(3);
    const deleted = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle })),
      }),
    );
    expect(deleted.Successful).toHaveLength(3);
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', FifoQueue: 'true', VisibilityTimeout: '30' });
    await client.send(new TagQueueCommand({ QueueUrl, Tags: { alive: '1' } }));
    expect(await client.send(new ListQueueTagsCommand({ QueueUrl }))).toMatchObject({ Tags: { alive: '1' } });
    expect(await client.send(new ListQueuesCommand({ QueueNamePrefix: 'a' }))).toMatchObject({ QueueUrls: [QueueUrl] });
  });

  test('hands a message to a poll that waits, and lets one that gets nothing end on time', async () => {
    const { client, clock } = setUp();
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'inbox' }));
    const poll = () => client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    const served = poll();
    await clock.advance(5_000);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    expect((await served).Messages).toMatchObject([{ Body: 'hello' }]);
    const empty = poll();
    await clock.advance(20_000);
    expect((await empty).Messages).toBeUndefined();
    const redelivered = poll();
    await clock.advance(10_000);
    expect((await redelivered).Messages).toMatchObject([{ Body: 'hello' }]);
  });

  test('refuses to delete by a receipt of a FIFO queue that has expired', async () => {
    const { client, clock } = setUp();
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'a.fifo', Attributes: fifo }));
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' }),
    );
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 5 }));
    const ReceiptHandle = Messages[0]?.ReceiptHandle;
    await clock.advance(5_000);
    await expect(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))).rejects.toThrow(
      'The receipt handle has expired',
    );
  });

  test('serves the same queues over HTTP', async () => {
    const emulator = createSqsEmulator();
    const { endpoint } = await emulator.listen();
    const client = sqsClient({ endpoint });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'inbox' }));
    expect(QueueUrl).toBe(`${endpoint}/000000000000/inbox`);
    const poll = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await emulatorClient(emulator).send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    expect((await poll).Messages).toMatchObject([{ Body: 'hello' }]);
    client.destroy();
    await emulator.close();
  });
});
