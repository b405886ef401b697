import { randomUUID } from 'node:crypto';
import dns from 'node:dns';
import { Socket } from 'node:net';
import { SQS, type MessageAttributeValue } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { defineHandler, startServer, type Server } from '../../src/index.js';
import { createSqsEmulator, type SqsEmulator } from '../../src/testing/index.js';
import { createSqsTransport, type SqsTransport } from '../../transports/sqs/index.js';
import { echo } from './stage.js';

const region = 'eu-west-1';
let emulator: SqsEmulator;
let endpoint: string;
/** A program that has the SDK, and nothing of Samovar. */
let sqs: SQS;
beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIATEST';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret';
  emulator = createSqsEmulator();
  ({ endpoint } = await emulator.listen());
  sqs = new SQS({ endpoint, region, credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'secret' } });
});
afterAll(async () => {
  sqs.destroy();
  await emulator.close();
});

const words: string[] = [];
let prefix: string;
let transport: SqsTransport;
let server: Server;
beforeEach(async () => {
  words.length = 0;
  prefix = `p${randomUUID().slice(0, 8)}-`;
  transport = createSqsTransport({ endpoint, region, prefix, pollMs: 1_000 });
  const handler = defineHandler(echo, {
    run({ word }) {
      words.push(word);
      return { word };
    },
  });
  server = await startServer({ transport, address: 'products', handlers: [handler] });
  onTestFinished(async () => {
    await server.stop();
    await transport.close();
  });
});

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

async function openInbox(name = `${prefix}inbox-${randomUUID()}`): Promise<{ name: string; url: string | undefined }> {
  const { QueueUrl: url } = await sqs.createQueue({ QueueName: name });
  return { name, url };
}

async function post(body: object, attributes: Record<string, string>): Promise<string | undefined> {
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: `${prefix}products.fifo` });
  const { MessageId } = await sqs.sendMessage({
    QueueUrl,
    MessageBody: JSON.stringify(body),
    MessageGroupId: 'products',
    MessageDeduplicationId: randomUUID(),
    MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, text(value)])),
  });
  return MessageId;
}

async function replyIn(QueueUrl: string | undefined): Promise<{ body: unknown; correlationId: string | undefined }> {
  const { Messages: [reply] = [] } = await sqs.receiveMessage({
    ...{ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] },
  });
  const { StringValue } = reply?.MessageAttributes?.['correlation-id'] ?? {};
  return { body: JSON.parse(reply?.Body ?? 'null'), correlationId: StringValue };
}

const answer = { success: true, message: expect.any(String) as string, data: { word: 'x' } };

describe('a sender that knows only the AWS SDK', () => {
  test('names its action in an attribute, and reads the reply in a queue of its own', async () => {
    const { name, url } = await openInbox();
    await post({ word: 'x' }, { action: 'echo', 'reply-to': name, 'correlation-id': 'mine' });
    expect(await replyIn(url)).toEqual({ body: answer, correlationId: 'mine' });
  });

  test('names its service in the body, and finds the reply by the id that SQS gave to its request', async () => {
    const { name, url } = await openInbox();
    const id = await post({ service: 'echo', parameters: { word: 'x' } }, { 'reply-to': name });
    expect(await replyIn(url)).toEqual({ body: answer, correlationId: id });
    expect(words).toEqual(['x']);
  });

  test('is told what is wrong with its request', async () => {
    const { name, url } = await openInbox();
    await post({ service: 'echo', parameters: { word: 7 } }, { 'reply-to': name });
    const error = expect.objectContaining({ code: 'invalid_request', outcome: 'not_executed' }) as object;
    expect((await replyIn(url)).body).toMatchObject({ success: false, data: null, error });
  });

  test('may ask for no reply', async () => {
    await post({ word: 'x' }, { action: 'echo' });
    await expect.poll(() => words).toEqual(['x']);
  });
});

test('a request that names anything but a reply queue of this prefix opens no socket, is counted, and is not run', async () => {
  const foreign = await openInbox(`other-inbox-${randomUUID()}`);
  const evil = [
    ...[
      'https://127.0.0.1:9/evil',
      'http://169.254.169.254/latest/meta-data',
      `${endpoint}/000000000000/${prefix}inbox-1`,
    ],
    ...[`arn:aws:sqs:${region}:000000000000:${prefix}inbox-1`, '//127.0.0.1:9/evil', `${prefix}inbox-../products`],
    ...[foreign.name, `${prefix}products.fifo`, `${prefix}products-dlq.fifo`, `${prefix}inbox-1.fifo`],
  ];
  const inbox = await openInbox();
  const connects = vi.spyOn(Socket.prototype, 'connect');
  const lookups = vi.spyOn(dns, 'lookup');
  onTestFinished(() => void vi.restoreAllMocks());
  const other = new SQS({ endpoint, region });
  await other.listQueues();
  other.destroy();
  for (const replyTo of evil) await post({ word: replyTo }, { action: 'echo', 'reply-to': replyTo });
  // In the same group: when it is answered, all before it are done with.
  await post({ word: 'x' }, { action: 'echo', 'reply-to': inbox.name });
  expect((await replyIn(inbox.url)).body).toEqual(answer);
  expect(words).toEqual(['x']);
  expect(transport.health().counters).toMatchObject({ reply_to_refused: evil.length, quarantined: 0 });
  const places = connects.mock.calls.flat(2).flatMap((given) => {
    const { host, port } = (typeof given === 'object' && given !== null ? given : {}) as {
      host?: string;
      port?: number;
    };
    return port === undefined ? [] : [`http://${host}:${port}`];
  });
  expect([...new Set(places)]).toEqual([endpoint]);
  expect(lookups.mock.calls.filter(([name]) => name !== '127.0.0.1')).toEqual([]);
  const sends = emulator.calls.filter(
    ({ action, accessKeyId }) => action.startsWith('Send') && accessKeyId !== 'AKIASTRANGER',
  );
  expect(sends.filter(({ queue }) => queue !== inbox.name && queue?.startsWith(prefix) === true)).toEqual([]);
  const { Messages } = await sqs.receiveMessage({ QueueUrl: foreign.url });
  expect(Messages).toBeUndefined();
});
