import { SQS } from '@aws-sdk/client-sqs';
import { createSeededRandom } from 'samovar/testing';
import { echo, requestOf } from '../echo.js';
import type { GroupContext, Table } from '../group.js';
import { shuffled } from '../shuffled.js';
import { ratiosOf, spreadOf } from '../statistics.js';
import { queueConsumers, type Queue, type QueueConsumer } from './consumers.js';

const groups = 20;
const perGroup = 100;

/** How fast a queue that is full is worked off, by whom, and whether the messages of a group were begun in their order. */
export async function measureFullQueue(endpoint: string, { seed, quick, write }: GroupContext): Promise<Table> {
  const rounds = quick ? 1 : 7;
  const sqs = new SQS({ endpoint });
  const random = createSeededRandom(seed);
  const results = queueConsumers(sqs, endpoint).map((consumer, index) => ({
    ...{ consumer, index, inOrder: true },
    speeds: [] as number[],
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const result of shuffled(results, random)) {
      write(`a full queue: round ${round} of ${rounds}, ${result.consumer.name}`);
      const queue = await fill(sqs, `bench-${result.index}-${round}`);
      const { perSecond, inOrder } = await workOff(queue, result.consumer);
      // The first round warms up.
      if (round > 0) result.speeds.push(perSecond);
      result.inOrder &&= inOrder;
    }
  }
  return {
    title: 'SQS, a full queue',
    note: `${groups * perGroup} requests in ${groups} groups of a FIFO queue, worked off on an emulator in a process of its own.`,
    columns: ['', 'requests/s', 'min', 'max', 'ratio', 'ratio min', 'ratio max', 'groups'],
    rows: results.map(({ consumer, speeds, inOrder }) => {
      const speed = spreadOf(speeds);
      const ratio = ratiosOf(speeds, results[0]?.speeds ?? []);
      const numbers = [speed.median, speed.min, speed.max, ratio.median, ratio.min, ratio.max];
      return [consumer.name, ...numbers, inOrder ? 'in order' : 'out of order'];
    }),
    chart: { file: 'sqs', column: 'ratio' },
  };
}

/** A queue full of requests, as a worker of Samovar would have it. */
async function fill(sqs: SQS, address: string): Promise<Queue> {
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
async function workOff(queue: Queue, { consume }: QueueConsumer): Promise<{ perSecond: number; inOrder: boolean }> {
  const last = new Map<number, number>();
  const running = new Set<number>();
  let inOrder = true;
  let count = 0;
  let end: () => Promise<unknown> = () => Promise.resolve();
  const tookMs = await new Promise<number>((resolve, reject) => {
    const startMs = performance.now();
    const begun = (n: number) => {
      const group = n % groups;
      if ((last.get(group) ?? -1) > n || running.has(group)) inOrder = false;
      last.set(group, n);
      running.add(group);
    };
    const done = (n: number) => {
      running.delete(n % groups);
      if (++count === groups * perGroup) resolve(performance.now() - startMs);
    };
    consume(queue, { begun, done }).then((stop) => (end = stop), reject);
  });
  await end();
  return { perSecond: (count / tookMs) * 1_000, inOrder };
}
