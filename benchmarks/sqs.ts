import { SQS, type Message } from '@aws-sdk/client-sqs';
import { startServer, defineHandler } from 'samovar';
import { createSqsTransport } from 'samovar/sqs';
import { runScript } from '../test/support/process.js';
import { echo, requestOf } from './echo.js';
import { median } from './rounds.js';

/** How fast a queue that is full is worked off, by whom, and whether the messages of a group were begun in their order. */
const groups = 20;
const perGroup = 100;
const rounds = 7;

interface Queue {
  readonly url: string;
  readonly address: string;
}

interface Seen {
  /** At the start of each message. */
  readonly begun: (n: number) => void;
  /** Once it is handled. */
  readonly done: (n: number) => void;
}

interface Peer {
  readonly consume: (options: object) => () => void;
}

/** Begins to consume; resolves to what ends it. */
type Consume = (queue: Queue, seen: Seen) => Promise<() => Promise<unknown>>;

/** Without types, and installed for this alone. */
const peers = new URL('peers/sqs-consumer.mjs', import.meta.url);
const emulator = runScript(new URL('sqs-emulator.ts', import.meta.url));
const endpoint = (await emulator.waitForLine('at ')).slice(3);
const sqs = new SQS({ endpoint });

const contenders: readonly { readonly name: string; readonly consume: Consume }[] = [
  {
    // Receives ten, handles and deletes one after the other.
    name: 'a loop by hand on the SDK',
    async consume({ url: QueueUrl }, { begun, done }) {
      let isOver = false;
      const looping = (async () => {
        while (!isOver) {
          const { Messages = [] } = await sqs.receiveMessage({
            ...{ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 },
          });
          for (const message of Messages) {
            const n = await handled(message, begun);
            await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
            done(n);
          }
        }
      })();
      return () => ((isOver = true), looping);
    },
  },
  {
    name: 'sqs-consumer 14, in batches',
    async consume({ url: queueUrl }, { begun, done }) {
      const peer = (await import(peers.href)) as Peer;
      const stop = peer.consume({ queueUrl, sqs, handle: (message: Message) => handled(message, begun).then(done) });
      return async () => stop();
    },
  },
  {
    name: 'samovar, sqs',
    async consume({ address }, { begun, done }) {
      const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
      const handler = defineHandler(echo, {
        async run({ n }) {
          begun(n);
          await Promise.resolve();
          done(n);
          return { n };
        },
      });
      const server = await startServer({ transport, address, handlers: [handler], concurrency: 16 });
      return () => server.stop().then(() => transport.close());
    },
  },
];

async function handled({ Body = '' }: Message, begun: (n: number) => void): Promise<number> {
  const { n } = echo.request.parse(JSON.parse(Body));
  begun(n);
  await Promise.resolve();
  return n;
}

/** A queue full of requests, as a worker of Samovar would have it. */
async function fill(address: string): Promise<Queue> {
  const { QueueUrl: dead } = await sqs.createQueue({
    QueueName: `samovar-${address}-dlq.fifo`,
    Attributes: { FifoQueue: 'true' },
  });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: dead, AttributeNames: ['QueueArn'] });
  const redrive = { deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: '1000' };
  const { QueueUrl: url = '' } = await sqs.createQueue({
    QueueName: `samovar-${address}.fifo`,
    Attributes: { FifoQueue: 'true', VisibilityTimeout: '30', RedrivePolicy: JSON.stringify(redrive) },
  });
  for (let first = 0; first < groups * perGroup; first += 10) {
    const Entries = Array.from({ length: 10 }, (_, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(requestOf(first + index)),
      MessageGroupId: `group-${(first + index) % groups}`,
      MessageDeduplicationId: String(first + index),
      MessageAttributes: { action: { DataType: 'String', StringValue: echo.name } },
    }));
    await sqs.sendMessageBatch({ QueueUrl: url, Entries });
  }
  return { url, address };
}

/** Messages per second, and whether each group was begun in order. */
async function round(consume: Consume, address: string): Promise<{ perSecond: number; inOrder: boolean }> {
  const queue = await fill(address);
  const last = new Map<number, number>();
  const running = new Set<number>();
  let inOrder = true;
  let count = 0;
  let startMs = 0;
  const allDone = new Promise<number>((resolve) => {
    startMs = performance.now();
    void consume(queue, {
      begun(n) {
        const group = n % groups;
        if ((last.get(group) ?? -1) > n || running.has(group)) inOrder = false;
        last.set(group, n);
        running.add(group);
      },
      done(n) {
        running.delete(n % groups);
        if (++count === groups * perGroup) resolve(performance.now() - startMs);
      },
    }).then((stop) => (end = stop));
  });
  let end: () => Promise<unknown> = () => Promise.resolve();
  const tookMs = await allDone;
  await end();
  return { perSecond: (count / tookMs) * 1_000, inOrder };
}

const results = new Map(contenders.map(({ name }) => [name, { speeds: [] as number[], inOrder: true }]));
for (let turn = -1; turn < rounds; turn++) {
  for (const [index, { name, consume }] of contenders.entries()) {
    const { perSecond, inOrder } = await round(consume, `bench-${index}-${turn + 1}`);
    const result = results.get(name);
    // The first turn warms up.
    if (!result || turn < 0) continue;
    result.speeds.push(perSecond);
    result.inOrder &&= inOrder;
  }
}
const baseline = median(results.values().next().value?.speeds ?? []);
for (const [name, { speeds, inOrder }] of results) {
  const speed = median(speeds);
  const columns = [
    name.padEnd(28),
    Math.round(speed).toLocaleString('en').padStart(9),
    (speed / baseline).toFixed(2).padStart(6),
    inOrder ? 'in order' : 'out of order',
  ];
  process.stdout.write(`${columns.join('  ')}\n`);
}
emulator.kill('SIGTERM');
