import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  TagQueueCommand,
  type MessageSystemAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { SqsError, type EntryOutcome, type SqsApi } from './api.js';
import type { SqsSettings } from './options.js';
import { createSdkClient } from './sdk-client.js';
import { entryErrorOf, sqsErrorOf } from './sdk-errors.js';
import { entryOf, receivedOf } from './sdk-messages.js';

/** What `receivedOf` reads. */
const systemAttributes: MessageSystemAttributeName[] = [
  'ApproximateReceiveCount',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
];
/** Asked of `ListQueues` at most, a thousand names each. */
const mostPages = 10;

/** The calls, made by the SDK: each once, with a time limit by the clock of the settings. */
export function createSdkApi(settings: SqsSettings): SqsApi {
  const { clock, requestTimeoutMs } = settings;
  const { client, destroy } = createSdkClient(settings);
  const underWay = new Set<AbortController>();
  let isClosed = false;

  async function call<T>(
    name: string,
    queue: string,
    make: (client: SQSClient, options: { abortSignal: AbortSignal }) => Promise<T>,
    { limitMs = requestTimeoutMs, signal }: { limitMs?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const what = `${name} ${queue.slice(queue.lastIndexOf('/') + 1)}`;
    if (isClosed) throw new SqsError('unavailable', `${what}: the transport was closed`);
    const ending = new AbortController();
    underWay.add(ending);
    let end: (reason: SqsError) => void = () => undefined;
    // Raced, because nothing makes an HTTP client of somebody else obey the signal.
    const ended = new Promise<never>((_, reject) => (end = reject));
    const cancel = clock.after(limitMs, () =>
      ending.abort(new SqsError('unavailable', `${what}: no answer within ${limitMs} ms`)),
    );
    ending.signal.addEventListener('abort', () => end(ending.signal.reason as SqsError), { once: true });
    const giveUp = (): void => ending.abort(new SqsError('unavailable', `${what}: it was given up`));
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([make(client, { abortSignal: ending.signal }), ended]);
    } catch (error) {
      throw ending.signal.aborted ? (ending.signal.reason as SqsError) : sqsErrorOf(what, error);
    } finally {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      underWay.delete(ending);
    }
  }

  /** SQS tells each entry of a batch its fate by an id that we give it: its place. */
  async function batch(
    name: string,
    queueUrl: string,
    count: number,
    make: (client: SQSClient, options: { abortSignal: AbortSignal }) => Promise<BatchResult>,
  ): Promise<readonly EntryOutcome[]> {
    const { Successful = [], Failed = [] } = await call(name, queueUrl, make);
    const outcomes = new Map<string | undefined, EntryOutcome>();
    for (const { Id } of Successful) outcomes.set(Id, { ok: true });
    for (const failed of Failed) outcomes.set(failed.Id, { ok: false, error: entryErrorOf(name, failed) });
    return Array.from({ length: count }, (_, index) => {
      const outcome = outcomes.get(String(index));
      return (
        outcome ?? { ok: false, error: new SqsError('unavailable', `${name}: an entry of the batch was not answered`) }
      );
    });
  }

  return {
    async receive(QueueUrl, { max, waitMs, visibilityMs, attemptId, signal }) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: max,
        WaitTimeSeconds: Math.floor(waitMs / 1_000),
        VisibilityTimeout: Math.ceil(visibilityMs / 1_000),
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: systemAttributes,
        ...(attemptId !== undefined && { ReceiveRequestAttemptId: attemptId }),
      });
      const limitMs = waitMs + requestTimeoutMs;
      const got = await call('ReceiveMessage', QueueUrl, (sdk, options) => sdk.send(command, options), {
        ...{ limitMs, signal },
      });
      return (got.Messages ?? []).map(receivedOf);
    },
    sendBatch(QueueUrl, entries) {
      const command = new SendMessageBatchCommand({ QueueUrl, Entries: entries.map(entryOf) });
      return batch('SendMessageBatch', QueueUrl, entries.length, (sdk, options) => sdk.send(command, options));
    },
    deleteBatch(QueueUrl, receipts) {
      const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const command = new DeleteMessageBatchCommand({ QueueUrl, Entries });
      return batch('DeleteMessageBatch', QueueUrl, receipts.length, (sdk, options) => sdk.send(command, options));
    },
    changeVisibilityBatch(QueueUrl, entries) {
      const Entries = entries.map(({ receipt, visibilityMs }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
        VisibilityTimeout: Math.ceil(visibilityMs / 1_000),
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries });
      const name = 'ChangeMessageVisibilityBatch';
      return batch(name, QueueUrl, entries.length, (sdk, options) => sdk.send(command, options));
    },
    async queueUrl(QueueName) {
      try {
        const command = new GetQueueUrlCommand({ QueueName });
        return (await call('GetQueueUrl', QueueName, (sdk, options) => sdk.send(command, options))).QueueUrl;
      } catch (error) {
        if (error instanceof SqsError && error.kind === 'no_queue') return undefined;
        throw error;
      }
    },
    async createQueue(QueueName, Attributes, tags) {
      const command = new CreateQueueCommand({ QueueName, Attributes, ...(tags && { tags }) });
      const { QueueUrl } = await call('CreateQueue', QueueName, (sdk, options) => sdk.send(command, options));
      if (QueueUrl === undefined) throw new SqsError('unavailable', `CreateQueue ${QueueName}: no URL in the answer`);
      return QueueUrl;
    },
    async queueAttributes(QueueUrl) {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
      const { Attributes = {} } = await call('GetQueueAttributes', QueueUrl, (sdk, options) =>
        sdk.send(command, options),
      );
      return Attributes;
    },
    async listQueues(QueueNamePrefix) {
      const urls: string[] = [];
      let NextToken: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const input = { QueueNamePrefix, MaxResults: 1_000, ...(NextToken !== undefined && { NextToken }) };
        const got = await call('ListQueues', QueueNamePrefix, (sdk, options) =>
          sdk.send(new ListQueuesCommand(input), options),
        );
        urls.push(...(got.QueueUrls ?? []));
        ({ NextToken } = got);
        if (NextToken === undefined) break;
      }
      return urls;
    },
    async tagQueue(QueueUrl, Tags) {
      const command = new TagQueueCommand({ QueueUrl, Tags });
      await call('TagQueue', QueueUrl, (sdk, options) => sdk.send(command, options));
    },
    async queueTags(QueueUrl) {
      const command = new ListQueueTagsCommand({ QueueUrl });
      return (await call('ListQueueTags', QueueUrl, (sdk, options) => sdk.send(command, options))).Tags ?? {};
    },
    async deleteQueue(QueueUrl) {
      const command = new DeleteQueueCommand({ QueueUrl });
      await call('DeleteQueue', QueueUrl, (sdk, options) => sdk.send(command, options));
    },
    close() {
      isClosed = true;
      for (const ending of underWay) ending.abort(new SqsError('unavailable', 'the transport was closed'));
      destroy();
    },
  };
}

interface BatchResult {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly {
        readonly Id?: string | undefined;
        readonly Code?: string | undefined;
        readonly Message?: string | undefined;
        readonly SenderFault?: boolean | undefined;
      }[]
    | undefined;
}
