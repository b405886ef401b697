import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import {
  createManualClock,
  createSeededRandom,
  createSqsEmulator,
  type SqsEmulatorOptions,
} from '../../src/testing/index.js';
import { emulatorClient } from './sqs-client.js';

async function setUp({ fifo, ...options }: SqsEmulatorOptions & { fifo: boolean }) {
  const clock = createManualClock();
  const emulator = createSqsEmulator({ clock, random: createSeededRandom(1), ...options });
  const client = emulatorClient(emulator);
  const { QueueUrl } = await client.send(
    new CreateQueueCommand(fifo ? { QueueName: 'q.fifo', Attributes: { FifoQueue: 'true' } } : { QueueName: 'q' }),
  );
  const send = (body: string, more: Partial<SendMessageCommandInput> = {}) =>
    client.send(
      new SendMessageCommand({
        ...{ QueueUrl, MessageBody: body },
        ...(fifo && { MessageGroupId: body, MessageDeduplicationId: body }),
        ...more,
      }),
    );
  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}) => {
    const input = { QueueUrl, MaxNumberOfMessages: 10, ...more };
    return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
  };
  return { clock, emulator, client, QueueUrl, send, receive };
}

const bodies = (messages: readonly { Body?: string | undefined }[]) => messages.map(({ Body }) => Body);

describe('the SQS emulator', () => {
  test('refuses a receive of a standard queue with too many messages in flight', async () => {
    const { send, receive } = await setUp({ fifo: false, limits: { inFlight: 2 } });
    for (const body of ['1', '2', '3']) await send(body);
    expect(bodies(await receive())).toEqual(['1', '2']);
    await expect(receive()).rejects.toMatchObject({ name: 'OverLimit' });
  });

  test('answers polls of a FIFO queue with too many messages in flight at once, with nothing, until one is deleted', async () => {
    const { client, QueueUrl, send, receive } = await setUp({ fifo: true, limits: { inFlight: 2 } });
    for (const body of ['1', '2', '3']) await send(body);
    const [first] = await receive();
    expect(await receive({ WaitTimeSeconds: 20 })).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
    expect(bodies(await receive({ WaitTimeSeconds: 20 }))).toEqual(['3']);
  });

  test('sees no group behind a backlog that is longer than what SQS looks at', async () => {
    const { send, receive } = await setUp({ fifo: true, limits: { groupWindow: 3 } });
    for (const n of [1, 2, 3, 4]) await send(`${n}`, { MessageGroupId: 'big' });
    await send('other');
    expect(bodies(await receive({ MaxNumberOfMessages: 1 }))).toEqual(['1']);
    expect(await receive()).toEqual([]);
  });

  test('delivers messages of a standard queue twice where it is told to', async () => {
    const { send, receive } = await setUp({ fifo: false, duplicateRate: 1 });
    const { MessageId } = await send('1');
    const received = await receive();
    expect(received.map((each) => each.MessageId)).toEqual([MessageId, MessageId]);
    expect(new Set(received.map(({ ReceiptHandle }) => ReceiptHandle)).size).toBe(2);
  });

  test('strands a message with a poll that its caller gave up', async () => {
    const { clock, client, QueueUrl, send, receive } = await setUp({ fifo: true });
    const giveUp = new AbortController();
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
    const poll = client.send(command, { abortSignal: giveUp.signal });
    await clock.advance(1);
    giveUp.abort();
    await expect(poll).rejects.toMatchObject({ name: 'AbortError' });
    await send('1');
    expect(await receive()).toEqual([]);
    await clock.advance(30_000);
    expect(bodies(await receive())).toEqual(['1']);
  });

  test('tells callers apart by their access keys, and lets in those it knows', async () => {
    const { emulator, QueueUrl, send, receive } = await setUp({ fifo: false, accessKeyIds: ['AKIAANN', 'AKIABOB'] });
    await send('1');
    const bob = emulatorClient(emulator, { accessKeyId: 'AKIABOB' });
    await bob.send(new SendMessageCommand({ QueueUrl, MessageBody: '2' }));
    const senders = (await receive({ MessageSystemAttributeNames: ['SenderId'] })).map(
      (each) => each.Attributes?.SenderId,
    );
    expect(senders).toEqual([emulator.senderId('AKIAANN'), emulator.senderId('AKIABOB')]);
    expect(new Set(senders.map((each) => each?.split(':')[0])).size).toBe(2);
    const eve = emulatorClient(emulator, { accessKeyId: 'AKIAEVE' });
    await expect(eve.send(new GetQueueAttributesCommand({ QueueUrl }))).rejects.toMatchObject({
      name: 'InvalidClientTokenId',
    });
  });

  test('remembers the calls that were made', async () => {
    const { clock, emulator, QueueUrl, receive } = await setUp({ fifo: false });
    await receive();
    expect(emulator.calls.at(-1)).toEqual({
      action: 'ReceiveMessage',
      queue: 'q',
      input: { QueueUrl, MaxNumberOfMessages: 10 },
      accessKeyId: 'AKIAANN',
      at: clock.now(),
      fault: undefined,
      outcome: 'ok',
    });
  });

  test('ends the polls that wait when it is closed', async () => {
    const { clock, emulator, receive } = await setUp({ fifo: false });
    const poll = receive({ WaitTimeSeconds: 20 });
    await clock.advance(1);
    await emulator.close();
    expect(await poll).toEqual([]);
    expect(clock.pending()).toBe(0);
  });
});
