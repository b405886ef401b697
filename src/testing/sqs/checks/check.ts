import assert from 'node:assert/strict';

/** What an SQS says, or takes, as JSON. */
export type SqsFields = Readonly<Record<string, unknown>>;

/** How the checks get at an SQS: an emulator, or AWS itself. */
export interface SqsCheckHarness {
  /** Makes one call, once. Rejects with the error of the SDK that it uses. */
  readonly call: (action: string, input: SqsFields) => Promise<SqsFields>;
  /** Time passes: a manual clock moves, a real one is waited for. */
  readonly advance: (ms: number) => Promise<void>;
  /** A check that lets more time pass than this is left out. */
  readonly patienceMs: number;
  /** How long a receive waits for what has to be there, where a short poll may miss it; 0 by default. */
  readonly pollSeconds?: number;
  /** A name that no queue had before; without `.fifo`, at most 70 characters. */
  readonly freshName: () => string;
}

/** One behaviour of SQS. */
export interface SqsCheck {
  /** A sentence. */
  readonly name: string;
  /** How much time it lets pass. */
  readonly takesMs?: number;
  readonly run: (context: SqsCheckContext) => Promise<void>;
}

export interface SqsCheckContext {
  readonly call: SqsCheckHarness['call'];
  readonly advance: SqsCheckHarness['advance'];
  readonly freshName: SqsCheckHarness['freshName'];
  /** A new queue, deleted after the check; a FIFO queue unless said otherwise. */
  readonly queue: (options?: CheckQueueOptions) => Promise<CheckQueue>;
}

export interface CheckQueueOptions {
  readonly fifo?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface CheckQueue {
  readonly url: string;
  readonly name: string;
  /** To group `g` by default; its body is its deduplication id. */
  send(body: string, more?: SqsFields): Promise<SqsFields>;
  /** What is there now, up to ten, with all attributes. */
  receive(more?: SqsFields): Promise<ReceivedMessage[]>;
  /** Asserts that nothing is there for it now. */
  receiveNothing(more?: SqsFields): Promise<void>;
  delete(message: ReceivedMessage): Promise<SqsFields>;
  hide(message: ReceivedMessage, seconds: number): Promise<SqsFields>;
  attributes(): Promise<Readonly<Record<string, string>>>;
}

export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, SqsFields>>;
}

export function createCheckContext(harness: SqsCheckHarness): {
  readonly context: SqsCheckContext;
  readonly end: () => Promise<void>;
} {
  const urls: string[] = [];
  const { pollSeconds = 0 } = harness;

  async function queue({ fifo = true, attributes = {} }: CheckQueueOptions = {}) {
    const name = harness.freshName() + (fifo ? '.fifo' : '');
    const all = { ...attributes, ...(fifo && { FifoQueue: 'true' }) };
    const { QueueUrl } = await harness.call('CreateQueue', { QueueName: name, Attributes: all });
    const url = String(QueueUrl);
    urls.push(url);
    return checkQueue({ name, url, fifo });
  }

  function checkQueue({ name, url, fifo }: { name: string; url: string; fifo: boolean }): CheckQueue {
    const call = (action: string, input: SqsFields) => harness.call(action, { QueueUrl: url, ...input });
    async function receive(more: SqsFields = {}): Promise<ReceivedMessage[]> {
      const { Messages = [] } = await call('ReceiveMessage', {
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: pollSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        ...more,
      });
      return Messages as ReceivedMessage[];
    }
    return {
      ...{ name, url, receive },
      send: (body, more = {}) =>
        call('SendMessage', {
          MessageBody: body,
          ...(fifo && { MessageGroupId: 'g', MessageDeduplicationId: body }),
          ...more,
        }),
      receiveNothing: async (more = {}) =>
        assert.deepEqual(bodies(await receive({ WaitTimeSeconds: 0, ...more })), [], 'expected no message'),
      delete: ({ ReceiptHandle }) => call('DeleteMessage', { ReceiptHandle }),
      hide: ({ ReceiptHandle }, VisibilityTimeout) =>
        call('ChangeMessageVisibility', { ReceiptHandle, VisibilityTimeout }),
      async attributes() {
        const { Attributes = {} } = await call('GetQueueAttributes', { AttributeNames: ['All'] });
        return Attributes as Readonly<Record<string, string>>;
      },
    };
  }

  return {
    context: {
      call: (action, input) => harness.call(action, input),
      advance: (ms) => harness.advance(ms),
      freshName: () => harness.freshName(),
      queue,
    },
    end: async () => {
      for (const QueueUrl of urls) await harness.call('DeleteQueue', { QueueUrl }).catch(() => undefined);
    },
  };
}

export function bodies(messages: readonly ReceivedMessage[]): string[] {
  return messages.map(({ Body }) => Body);
}

/** The message at that place. */
export function at(messages: readonly ReceivedMessage[], index: number): ReceivedMessage {
  const message = messages[index];
  assert.ok(message, `expected at least ${index + 1} messages, got ${messages.length}`);
  return message;
}

/** Asserts that SQS refuses a call with one of these errors. */
export async function refused(call: Promise<unknown>, ...codes: string[]): Promise<void> {
  const error = await call.then(
    () => assert.fail(`expected ${codes.join(' or ')}, got an answer`),
    (reason: unknown) => reason,
  );
  const { name, Code } = error as { name?: string; Code?: string };
  const got = [name, Code].map((each) => each?.replace(/^.*[.#]/, '').replace(/Exception$/, ''));
  assert.ok(
    got.some((each) => each !== undefined && codes.includes(each)),
    `expected ${codes.join(' or ')}, got ${String(error)}`,
  );
}
