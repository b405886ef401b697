import { expect, test } from 'vitest';
import type { TransportError } from '../../../src/core/transport.js';
import type { SqsTransportOptions } from '../../../transports/sqs/index.js';
import { createLab, request, type Lab } from './lab.js';

const [queue, deadLetters] = ['samovar-jobs.fifo', 'samovar-jobs-dlq.fifo'];

const consumed = (lab: Lab, options: SqsTransportOptions = {}, address = 'jobs') => {
  const worker = lab.transport(options);
  return lab
    .ended(
      worker.consume(address, { actions: ['work'], intake: 1 }, async () => ({ kind: 'ack' })),
      120_000,
    )
    .finally(() => lab.ended(worker.close()));
};

const failure = (work: Promise<unknown>): Promise<TransportError> =>
  work.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error as TransportError,
  );

const deadLetterArn = 'arn:aws:sqs:eu-west-1:000000000000:samovar-jobs-dlq.fifo';
const policy = (maxReceiveCount: number | string, deadLetterTargetArn = deadLetterArn) =>
  JSON.stringify({ deadLetterTargetArn, maxReceiveCount });

test('a worker creates what its address needs', async () => {
  const lab = createLab();
  await consumed(lab, { visibilityTimeoutMs: 45_000 });
  const [url = '', deadLetterUrl = ''] = [await lab.api.queueUrl(queue), await lab.api.queueUrl(deadLetters)];
  const attributes = await lab.api.queueAttributes(url);
  expect(attributes).toMatchObject({
    ...{ FifoQueue: 'true', VisibilityTimeout: '45', MessageRetentionPeriod: '1209600' },
    ...{ DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId', MaximumMessageSize: '1048576' },
  });
  const redrive = JSON.parse(attributes['RedrivePolicy'] ?? '') as Record<string, unknown>;
  expect(redrive['deadLetterTargetArn']).toBe(deadLetterArn);
  expect(Number(redrive['maxReceiveCount'])).toBe(1_000);
  expect(await lab.api.queueAttributes(deadLetterUrl)).toMatchObject({
    ...{ FifoQueue: 'true', MessageRetentionPeriod: '1209600' },
  });
});

test('what there is already is checked and left as it is, also by many workers at once', async () => {
  const lab = createLab();
  await Promise.all(Array.from({ length: 5 }, () => consumed(lab)));
  await consumed(lab);
  expect(lab.calls('SetQueueAttributes')).toBe(0);
  expect(lab.emulator.calls.filter(({ action }) => action === 'CreateQueue').length).toBeLessThanOrEqual(10);
});

test('two consumers of one transport ask once', async () => {
  const lab = createLab();
  await consumed(lab);
  const before = lab.calls('GetQueueAttributes');
  const worker = lab.transport();
  const consume = () => worker.consume('jobs', { actions: [], intake: 1 }, async () => ({ kind: 'ack' }));
  await lab.ended(Promise.all([consume(), consume()]));
  expect(lab.calls('GetQueueAttributes') - before).toBe(2);
  await lab.ended(worker.close());
});

test('ensure: false creates nothing, and names what is missing', async () => {
  const lab = createLab();
  const { code, message } = await failure(consumed(lab, { ensure: false }));
  expect(code).toBe('setup');
  expect(message).toMatch(/samovar-jobs-dlq\.fifo.*got none.*ensure: true/);
  expect(lab.calls('CreateQueue')).toBe(0);
  await consumed(lab);
  await consumed(lab, { ensure: false });
});

test('a standard queue in the place of a FIFO queue is named', async () => {
  const lab = createLab();
  await lab.api.createQueue(deadLetters, { FifoQueue: 'true' });
  await lab.api.createQueue('samovar-jobs', {});
  const { code, message } = await failure(consumed(lab, { ensure: false }));
  expect(code).toBe('setup');
  expect(message).toMatch(/FIFO queue "samovar-jobs\.fifo".*only the standard queue "samovar-jobs"/);
});

test.each([
  ['no redrive policy', {}, /RedrivePolicy.*samovar-jobs-dlq\.fifo.*got none/],
  ['too few receives', { RedrivePolicy: policy(3) }, /RedrivePolicy.*1000.*got .*"maxReceiveCount":"?3/],
  [
    'too short a visibility',
    { RedrivePolicy: policy(1_000), VisibilityTimeout: '5' },
    /at least 30 s, got 5.*visibilityTimeoutMs/,
  ],
])('a queue with %s fails the start and is named', async (_, attributes, said) => {
  const lab = createLab();
  await lab.api.createQueue(deadLetters, { FifoQueue: 'true' });
  await lab.api.createQueue(queue, { FifoQueue: 'true', ...attributes });
  const { code, message } = await failure(consumed(lab));
  expect(code).toBe('setup');
  expect(message).toContain(queue);
  expect(message).toMatch(said);
});

test('a redrive policy for another queue is named', async () => {
  const lab = createLab();
  await lab.api.createQueue('other.fifo', { FifoQueue: 'true' });
  const RedrivePolicy = policy(1_000, 'arn:aws:sqs:eu-west-1:000000000000:other.fifo');
  await lab.api.createQueue(queue, { FifoQueue: 'true', RedrivePolicy });
  const { code, message } = await failure(consumed(lab));
  expect(code).toBe('setup');
  expect(message).toMatch(/RedrivePolicy.*samovar-jobs-dlq\.fifo.*got .*other\.fifo/);
});

test('dead letters that are smaller than their queue are named', async () => {
  const lab = createLab();
  await lab.api.createQueue(deadLetters, { FifoQueue: 'true', MaximumMessageSize: '262144' });
  await lab.api.createQueue(queue, { FifoQueue: 'true', RedrivePolicy: policy(1_000) });
  const { code, message } = await failure(consumed(lab));
  expect(code).toBe('setup');
  expect(message).toMatch(/MaximumMessageSize of 1048576 bytes, got 262144/);
});

test('a queue that was deleted just now is created once SQS lets us', async () => {
  const lab = createLab();
  const url = await lab.addressed('jobs');
  await lab.api.deleteQueue(url);
  const startMs = lab.clock.monotonicMs();
  await consumed(lab);
  expect(lab.clock.monotonicMs() - startMs).toBeGreaterThan(30_000);
});

test('a create race is not lost: what the other created is checked', async () => {
  const lab = createLab();
  const workers = Array.from({ length: 3 }, (_, index) =>
    consumed(lab, { visibilityTimeoutMs: 30_000 - index * 1_000 }),
  );
  await Promise.all(workers);
});

test.each(['node.example.com', 'a b', 'jobs-dlq', 'samovar-inbox-jobs', ''])(
  'the address %j fails the start and says what one is',
  async (address) => {
    const lab = createLab();
    const { code, message } = await failure(consumed(lab, {}, address));
    expect(code).toBe('setup');
    expect(message).toMatch(/letters, digits/);
    expect(lab.emulator.calls).toEqual([]);
  },
);

test('access that is denied fails the start, with what SQS says', async () => {
  const lab = createLab();
  lab.emulator.fault({ action: 'CreateQueue', then: 'access denied' });
  const { code, message } = await failure(consumed(lab));
  expect(code).toBe('setup');
  expect(message).toMatch(/samovar-jobs.*AccessDenied/);
});

test.each([
  ['SQS is away', 'reset before', /socket hang up/],
  ['credentials are expired', 'expired credentials', /ExpiredToken/],
] as const)('while %s a start waits', async (_, then, reason) => {
  const lab = createLab();
  const fault = lab.emulator.fault({ then });
  const worker = lab.transport();
  let isConsumed = false;
  const consuming = worker
    .consume('jobs', { actions: [], intake: 1 }, async () => ({ kind: 'ack' }))
    .then(() => (isConsumed = true));
  await lab.clock.advance(120_000);
  expect(isConsumed).toBe(false);
  expect(worker.status).toBe('connecting');
  expect(worker.health().reason).toMatch(reason);
  expect(lab.emulator.calls.length).toBeLessThan(100);
  fault.remove();
  await lab.ended(consuming);
  expect(worker.status).toBe('ready');
  expect(worker.health()).not.toHaveProperty('reason');
  await lab.ended(worker.close());
});

test('a start that still waits ends with its transport', async () => {
  const lab = createLab();
  lab.emulator.fault({ then: 'reset before' });
  const worker = lab.transport();
  const consuming = failure(worker.consume('jobs', { actions: [], intake: 1 }, async () => ({ kind: 'ack' })));
  await lab.clock.advance(10_000);
  await lab.ended(worker.close());
  expect((await lab.ended(consuming)).code).toBe('closed');
  expect(lab.clock.pending()).toBe(0);
});

test('a caller creates no queue but its inbox, which goes when it closes', async () => {
  const lab = createLab();
  const caller = lab.transport();
  const inbox = await lab.ended(caller.openInbox({ receive: () => undefined, lost: () => undefined }));
  await lab.ended(caller.send('jobs', request()).catch(() => undefined));
  expect(await lab.api.listQueues('')).toHaveLength(1);
  const url = (await lab.api.queueUrl(inbox.address)) ?? '';
  expect(inbox.address).toMatch(/^samovar-inbox-[0-9a-f-]{36}$/);
  expect(Object.keys(await lab.api.queueTags(url))).toEqual(['samovar-alive']);
  await lab.ended(caller.close());
  expect(await lab.api.queueUrl(inbox.address)).toBeUndefined();
});
