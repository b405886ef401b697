import { expect, test } from 'vitest';
import type { SqsFaultEffect } from '../../../src/testing/index.js';
import { ack, createGate, createReceivingStage } from './receiving-stage.js';

const polls = ({ emulator }: Pick<ReturnType<typeof createReceivingStage>, 'emulator'>) =>
  emulator.calls.filter(({ action }) => action === 'ReceiveMessage');

test('no more is asked for than there is room for, ten at most, while handlers run', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  for (let nth = 1; nth <= 25; nth += 1) await send('jobs', { id: `m${nth}` });
  const gate = createGate();
  const worker = await consume('jobs', { intake: 22, receive: () => gate.opened.then(() => ack) });
  await stage.until(() => worker.seen.length === 22);
  expect(polls(stage).map(({ input }) => input['MaxNumberOfMessages'])).toEqual([10, 10, 2]);
  expect(polls(stage).every(({ outcome }) => outcome === 'ok')).toBe(true);
  await stage.clock.advance(60_000);
  expect(polls(stage)).toHaveLength(3);
  gate.open();
  await stage.until(() => worker.seen.length === 25);
  await close();
});

test('a backlog is polled for several times at once, each group in order, and an idle queue once', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  for (let nth = 0; nth < 80; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: `g${nth % 8}` });
  stage.emulator.fault({ action: 'ReceiveMessage', then: { delayMs: 100 } });
  const worker = await consume('jobs', { intake: 100 });
  const startMs = stage.clock.monotonicMs();
  await stage.until(() => worker.seen.length === 80);
  // Two of a hundred milliseconds each, where one after the other takes eight.
  expect(stage.clock.monotonicMs() - startMs).toBeLessThanOrEqual(400);
  for (let group = 0; group < 8; group += 1) {
    const ids = worker.ids().filter((id) => Number(id.slice(1)) % 8 === group);
    expect(ids).toEqual(ids.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
  }
  await stage.clock.advance(60_000);
  expect(polls(stage).filter(({ outcome }) => outcome === 'pending')).toHaveLength(1);
  await close();
});

test('the answer of a further poll that is lost is asked for again as well', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  for (let nth = 0; nth < 30; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: `g${nth % 3}` });
  stage.emulator.fault({ action: 'ReceiveMessage', after: 2, times: 1, then: 'reset after' });
  const worker = await consume('jobs', { intake: 100 });
  const startMs = stage.clock.monotonicMs();
  await stage.until(() => worker.seen.length === 30);
  expect(stage.clock.monotonicMs() - startMs).toBeLessThan(1_000);
  await close();
});

test.each<SqsFaultEffect>(['reset after', 'truncated body', 'hang after', 'wrong md5'])(
  'a poll whose answer is lost (%s) is made again under its id, and brings the same batch at once',
  async (then) => {
    const stage = createReceivingStage();
    const { send, consume, close } = stage.process({ requestTimeoutMs: 2_000 });
    for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
    stage.emulator.fault({ action: 'ReceiveMessage', times: 1, then });
    const startMs = stage.clock.monotonicMs();
    const worker = await consume('jobs', {});
    await stage.until(() => worker.seen.length === 10);
    const tookMs = stage.clock.monotonicMs() - startMs;
    // It hangs for as long as a poll may take; the visibility timeout is 30 s.
    expect(tookMs).toBeLessThan(then === 'hang after' ? 23_000 : 1_000);
    const [first, second] = polls(stage).map(({ input }) => input['ReceiveRequestAttemptId']);
    expect(second).toBe(first);
    expect(worker.ids()).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 1}`));
    await close();
  },
);

test('what stays unreadable until its visibility ends is asked for anew, one message at a time', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}` });
  const fault = stage.emulator.fault({ action: 'ReceiveMessage', then: 'wrong md5' });
  const worker = await consume('jobs', {});
  await stage.clock.advance(90_000);
  expect(worker.seen).toHaveLength(0);
  const [first, ...later] = polls(stage).slice(-3);
  expect(first?.input['MaxNumberOfMessages']).toBe(1);
  expect(later.map(({ input }) => input['ReceiveRequestAttemptId'])).not.toContain(
    first?.input['ReceiveRequestAttemptId'],
  );
  fault.remove();
  await stage.until(() => worker.seen.length === 10);
  await close();
});

test.each<SqsFaultEffect>([
  'throttled',
  'error 500',
  'error 503',
  'reset before',
  'expired credentials',
  'access denied',
])('while polls end with %j they are made again with growing pauses, and then all goes on by itself', async (then) => {
  const stage = createReceivingStage();
  const { send, consume, close, failures } = stage.process();
  const worker = await consume('jobs', {});
  await stage.clock.advance(1_000);
  const fault = stage.emulator.fault({ action: 'ReceiveMessage', then });
  await send('jobs', { id: 'm1' });
  await stage.until(() => worker.seen.length === 1);
  await send('jobs', { id: 'm2' });
  await stage.clock.advance(60_000);
  expect(fault.hits).toBeGreaterThan(2);
  expect(fault.hits).toBeLessThan(60);
  expect(failures.length).toBe(fault.hits);
  fault.remove();
  await stage.until(() => worker.seen.length === 2, 31_000);
  await close();
});

test('where too many messages are in flight SQS answers at once, and is not asked in a loop', async () => {
  const stage = createReceivingStage({ limits: { inFlight: 5 } });
  const { send, consume, close } = stage.process();
  for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}` });
  const gate = createGate();
  const worker = await consume('jobs', { intake: 20, receive: () => gate.opened.then(() => ack) });
  await stage.until(() => worker.seen.length === 5);
  const before = polls(stage).length;
  await stage.clock.advance(60_000);
  expect(worker.seen).toHaveLength(5);
  expect(polls(stage).length - before).toBeLessThan(60);
  gate.open();
  await stage.until(() => worker.seen.length === 10);
  await close();
});

test('a poll is allowed to return when its consumer stops: a message that it was handed goes back at once', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  const worker = await consume('jobs', {});
  await stage.clock.advance(5_000);
  const stopping = worker.stop();
  await send('jobs', { id: 'm1' });
  await stage.ended(stopping);
  expect(worker.seen).toHaveLength(0);
  expect(await stage.depth('jobs')).toEqual({ visible: 1, inFlight: 0 });
  const count = polls(stage).length;
  await stage.clock.advance(60_000);
  expect(polls(stage)).toHaveLength(count);
  await close();
});

test('a poll that nothing comes of ends within its time, and so does stopping', async () => {
  const stage = createReceivingStage();
  const { consume, close } = stage.process({ pollMs: 5_000 });
  const worker = await consume('jobs', {});
  await stage.clock.advance(1_000);
  const startMs = stage.clock.monotonicMs();
  await stage.ended(worker.stop());
  expect(stage.clock.monotonicMs() - startMs).toBeLessThanOrEqual(5_000);
  await close();
});

test('a queue that is deleted under its consumer is made again and consumed', async () => {
  const stage = createReceivingStage();
  const { send, consume, close, parts } = stage.process();
  const worker = await consume('jobs', {});
  await stage.clock.advance(1_000);
  await parts.api.deleteQueue(await parts.queues.address('jobs'));
  await stage.clock.advance(90_000);
  await send('jobs', { id: 'm1' });
  await stage.until(() => worker.seen.length === 1);
  await close();
});

test('a queue that is deleted while credentials are expired is consumed again once they are renewed', async () => {
  const stage = createReceivingStage();
  const owner = stage.process();
  const { send, consume, close, problems } = stage.process();
  const url = await owner.parts.queues.address('jobs');
  const worker = await consume('jobs', {});
  await stage.clock.advance(1_000);
  const expired = stage.emulator.fault({
    ...{ action: ['GetQueueUrl', 'CreateQueue', 'GetQueueAttributes'], then: 'expired credentials' },
  });
  await owner.parts.api.deleteQueue(url);
  await stage.clock.advance(90_000);
  expect(problems.size).toBe(0);
  expired.remove();
  await stage.until(() => worker.ids().length === 0 && stage.emulator.calls.at(-1)?.action === 'ReceiveMessage');
  await send('jobs', { id: 'm1' });
  await stage.until(() => worker.seen.length === 1);
  await close();
});

test('a queue that is deleted for good, and may not be made again, ends consuming and says so', async () => {
  const stage = createReceivingStage();
  const owner = stage.process();
  const url = await owner.parts.queues.address('jobs');
  const { consume, close, problems } = stage.process({ ensure: false });
  const worker = await consume('jobs', {});
  await owner.parts.api.deleteQueue(url);
  const error = await stage.ended(worker.lost);
  expect(error.code).toBe('setup');
  expect(problems.get('consumer:jobs')).toContain('is not consumed any more');
  await close();
});
