import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import {
  createManualClock,
  createSeededRandom,
  createSqsEmulator,
  type SqsEmulatorOptions,
  type SqsFaultEffect,
} from '../../src/testing/index.js';
import { emulatorClient, sqsClient } from './sqs-client.js';

async function setUp(options: SqsEmulatorOptions = {}) {
  const clock = createManualClock();
  const emulator = createSqsEmulator({ clock, random: createSeededRandom(1), ...options });
  const client = emulatorClient(emulator);
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: 'q' }));
  const send = (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const receive = async () => {
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body }) => Body);
  };
  return { clock, emulator, client, QueueUrl, send, receive };
}

const nameOf = (call: Promise<unknown>) =>
  call.then(
    () => 'an answer',
    (error: unknown) => (error as Error).name,
  );

describe('a fault of the SQS emulator', () => {
  test.each<[SqsFaultEffect, string]>([
    ['error 500', 'InternalFailure'],
    ['error 503', 'ServiceUnavailable'],
    ['throttled', 'RequestThrottled'],
    ['expired credentials', 'ExpiredToken'],
    ['access denied', 'AccessDenied'],
    [{ error: 'OverLimit' }, 'OverLimit'],
    ['reset before', 'TimeoutError'],
  ])('%s ends a call before anything is done', async (then, name) => {
    const { emulator, send, receive } = await setUp();
    emulator.fault({ action: 'SendMessage', times: 1, then });
    expect(await nameOf(send('1'))).toBe(name);
    await send('2');
    expect(await receive()).toEqual(['2']);
  });

  test.each<SqsFaultEffect>(['reset after', 'truncated body', 'wrong md5'])(
    '%s spoils the answer of a call that is done',
    async (then) => {
      const { emulator, send, receive } = await setUp();
      emulator.fault({ action: 'SendMessage', times: 1, then });
      expect(await nameOf(send('1'))).not.toBe('an answer');
      expect(await receive()).toEqual(['1']);
      expect(emulator.calls.map(({ action, outcome }) => [action, outcome])).toContainEqual([
        'SendMessage',
        then === 'reset after' ? 'lost' : 'ok',
      ]);
    },
  );

  test('delays a call by the clock of the emulator', async () => {
    const { clock, emulator, send, receive } = await setUp();
    emulator.fault({ action: 'SendMessage', then: { delayMs: 5_000 } });
    const sending = send('1');
    await clock.advance(4_999);
    expect(await receive()).toEqual([]);
    await clock.advance(1);
    await sending;
    expect(await receive()).toEqual(['1']);
  });

  test.each<[SqsFaultEffect, string[]]>([
    ['hang', []],
    ['hang after', ['1']],
  ])('%s leaves a call without an answer until its caller gives up', async (then, expected) => {
    const { clock, emulator, client, QueueUrl, receive } = await setUp();
    emulator.fault({ action: 'SendMessage', then });
    const giveUp = new AbortController();
    const command = new SendMessageCommand({ QueueUrl, MessageBody: '1' });
    const sending = nameOf(client.send(command, { abortSignal: giveUp.signal }));
    await clock.advance(1);
    expect(await receive()).toEqual(expected);
    giveUp.abort();
    expect(await sending).toBe('AbortError');
  });

  test('fails some entries of a batch and does the others', async () => {
    const { emulator, client, QueueUrl, receive } = await setUp();
    const { hits } = emulator.fault({ action: 'SendMessageBatch', queue: 'q', then: 'partial failure' });
    expect(hits).toBe(0);
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: `${n}` }));
    const { Successful = [], Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Failed.length).toBeGreaterThan(0);
    expect([...Successful, ...Failed].map(({ Id }) => Id).sort()).toEqual(Entries.map(({ Id }) => Id));
    expect(await receive()).toEqual(Successful.map(({ Id }) => Id));
  });

  test('fails the only entry of a batch', async () => {
    const { emulator, client, QueueUrl } = await setUp();
    emulator.fault({ action: 'DeleteMessageBatch', then: 'partial failure' });
    const Entries = [{ Id: 'a', ReceiptHandle: 'x' }];
    const { Successful, Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful).toEqual([]);
    expect(Failed).toMatchObject([{ Id: 'a', SenderFault: false }]);
  });

  test('hits the calls it is meant for, as often as it should, until it is taken back', async () => {
    const { emulator, send, receive } = await setUp();
    const elsewhere = emulator.fault({ queue: 'other', then: 'error 500' });
    const second = emulator.fault({
      action: ['SendMessage', 'SendMessageBatch'],
      after: 1,
      times: 1,
      then: 'throttled',
    });
    const named = emulator.fault({ when: ({ input }) => input['MessageBody'] === 'bad', then: 'error 503' });
    expect(await Promise.all(['1', '2', '3', 'bad'].map((body) => nameOf(send(body))))).toEqual([
      'an answer',
      'RequestThrottled',
      'an answer',
      'ServiceUnavailable',
    ]);
    named.remove();
    await send('bad');
    expect([elsewhere.hits, second.hits, named.hits]).toEqual([0, 1, 1]);
    expect(await receive()).toEqual(['1', '3', 'bad']);
  });

  test('that hits by chance hits the same calls with the same seed', async () => {
    async function outcomes(seed: number): Promise<string> {
      const { send } = await setUp({
        random: createSeededRandom(seed),
        faults: [{ action: 'SendMessage', rate: 0.5, then: 'throttled' }],
      });
      let all = '';
      for (let n = 0; n < 20; n += 1) all += (await nameOf(send(`${n}`))) === 'an answer' ? '.' : 'x';
      return all;
    }
    const [first, again, other] = [await outcomes(1), await outcomes(1), await outcomes(2)];
    expect(first).toContain('x');
    expect(first).toContain('.');
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test.each<[SqsFaultEffect, string[]]>([
    ['reset before', []],
    ['reset after', ['1']],
    ['truncated body', ['1']],
  ])('%s breaks a connection over HTTP too', async (then, expected) => {
    const emulator = createSqsEmulator();
    const { endpoint } = await emulator.listen();
    const client = sqsClient({ endpoint });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'q' }));
    emulator.fault({ action: 'SendMessage', then });
    expect(await nameOf(client.send(new SendMessageCommand({ QueueUrl, MessageBody: '1' })))).not.toBe('an answer');
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages.map(({ Body }) => Body)).toEqual(expected);
    client.destroy();
    await emulator.close();
  });
});
