import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { silentLog } from '../../../src/core/log.js';
import type { Disposition } from '../../../src/core/transport.js';
import { ack, createGate, createReceivingStage } from './receiving-stage.js';

test('what is quarantined goes to the dead letters, and its group goes on', async () => {
  const { process, until, depth } = createReceivingStage();
  const { send, consume, close, parts, problems } = process();
  for (const id of ['bad', 'good']) await send('jobs', { id, groupKey: 'a' });
  const worker = await consume('jobs', {
    receive: ({ message }): Disposition => (message.id === 'bad' ? { kind: 'quarantine', reason: 'no sense' } : ack),
  });
  await until(() => worker.seen.length === 2);
  await until(async () => (await depth('jobs')).inFlight === 0);
  const url = (await parts.queues.deadLetters('jobs')) ?? '';
  const [dead] = await parts.api.receive(url, { max: 10, waitMs: 0, visibilityMs: 1_000 });
  expect(dead?.attributes['samovar-reason']).toBe('no sense');
  expect(problems.size).toBe(0);
  await close();
});

test('what cannot be set aside comes back later, is not lost, and health says so until it could', async () => {
  const { process, emulator, until } = createReceivingStage();
  const { send, consume, close, problems, parts } = process();
  for (const id of ['bad', 'good']) await send('jobs', { id, groupKey: 'a' });
  const fault = emulator.fault({ action: 'SendMessageBatch', queue: 'samovar-jobs-dlq.fifo', then: 'access denied' });
  const worker = await consume('jobs', {
    receive: ({ message }): Disposition => (message.id === 'bad' ? { kind: 'quarantine', reason: 'no sense' } : ack),
  });
  await until(() => fault.hits === 3);
  expect(worker.ids()).not.toContain('good');
  expect(problems.get('quarantine:jobs')).toContain('AccessDenied');
  fault.remove();
  await until(() => worker.ids().includes('good'), 120_000);
  expect(problems.size).toBe(0);
  expect(parts.counters.get('quarantine_failed')).toBe(3);
  // Whatever it is set aside for is still its first attempt.
  expect(worker.seen.filter(({ message }) => message.id === 'bad').map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
  await close();
});

test.each(['DeleteMessageBatch', 'ChangeMessageVisibilityBatch'])(
  'while %s is not allowed health and one line of the log say so, and no other of the group starts',
  async (action) => {
    const { process, emulator, until, clock } = createReceivingStage();
    const lines: unknown[] = [];
    const log = { ...silentLog, error: (...line: unknown[]) => void lines.push(line) };
    const { send, consume, close, problems } = process({ log });
    for (const id of ['first', 'second']) await send('jobs', { id, groupKey: 'a' });
    const fault = emulator.fault({ action, then: 'access denied' });
    const disposition: Disposition = action === 'DeleteMessageBatch' ? ack : { kind: 'return' };
    const worker = await consume('jobs', { intake: 1, receive: () => (fault.hits > 0 ? ack : disposition) });
    await until(() => fault.hits > 0);
    await clock.advance(10_000);
    expect(problems.get('settling:jobs')).toMatch(/"jobs" cannot be settled: .*AccessDenied/);
    expect(lines).toHaveLength(1);
    expect(worker.ids()).toEqual(['first']);
    fault.remove();
    await until(() => worker.ids().includes('second'));
    expect(problems.size).toBe(0);
    await close();
  },
);

test.each([262_144, 1_048_576])(
  'a message that fills the %i bytes of its queue is set aside all the same',
  async (most) => {
    const { process, until } = createReceivingStage();
    const { send, consume, close, parts } = process();
    const { api } = parts;
    const fifo = { FifoQueue: 'true', MaximumMessageSize: String(most) };
    const deadUrl = await api.createQueue('samovar-jobs-dlq.fifo', fifo);
    const deadLetterTargetArn = (await api.queueAttributes(deadUrl))['QueueArn'];
    const url = await api.createQueue('samovar-jobs.fifo', {
      ...fifo,
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1_000 }),
    });
    const attributes = { id: 'bad', action: 'work' };
    const body = JSON.stringify('x'.repeat(most - 2 - 'idStringbadactionStringwork'.length));
    const [sent] = await api.sendBatch(url, [{ body, attributes, groupId: 'a', dedupId: 'x' }]);
    expect(sent?.ok).toBe(true);
    await send('jobs', { id: 'good', groupKey: 'a' });
    const worker = await consume('jobs', {
      receive: ({ message }): Disposition => (message.id === 'bad' ? { kind: 'quarantine', reason: 'no sense' } : ack),
    });
    await until(() => worker.ids().includes('good'));
    const [dead] = await api.receive(deadUrl, { max: 10, waitMs: 0, visibilityMs: 1_000 });
    expect([dead?.body.length, dead?.attributes]).toEqual([body.length, attributes]);
    await close();
  },
);

test('a message without our envelope is set aside, and its group goes on', async () => {
  const { process, until } = createReceivingStage();
  const { send, consume, close, parts } = process();
  const url = await parts.queues.address('jobs');
  await parts.api.sendBatch(url, [{ body: 'hello', attributes: {}, groupId: 'a', dedupId: 'x' }]);
  await send('jobs', { id: 'good', groupKey: 'a' });
  const worker = await consume('jobs', {});
  await until(() => worker.seen.length === 1);
  expect(worker.ids()).toEqual(['good']);
  expect(parts.counters.get('quarantined')).toBe(1);
  await close();
});

test('a request that asks for its reply elsewhere is dropped, and its group goes on', async () => {
  const { process, until, depth } = createReceivingStage();
  const { send, consume, close, parts } = process();
  await send('jobs', { id: 'evil', groupKey: 'a', replyTo: 'https://127.0.0.1:9/evil' });
  await send('jobs', { id: 'good', groupKey: 'a' });
  const worker = await consume('jobs', {});
  await until(() => worker.seen.length === 1);
  expect(worker.ids()).toEqual(['good']);
  expect(parts.counters.get('reply_to_refused')).toBe(1);
  await until(async () => (await depth('jobs')).inFlight === 0);
  await close();
});

test('a retry is counted as an attempt unless it is not to be, and a rejection counts', async () => {
  const { process, until } = createReceivingStage();
  const { send, consume, close } = process();
  await send('jobs', { id: 'm' });
  const worker = await consume('jobs', {
    receive(_, nth): Disposition {
      if (nth === 1) return { kind: 'retry', afterMs: 0 };
      if (nth === 2) return { kind: 'retry', afterMs: 20, uncounted: true };
      if (nth === 3) throw new Error('a bug');
      return ack;
    },
  });
  await until(() => worker.seen.length === 4);
  expect(worker.seen.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
    [1, false],
    [2, true],
    [2, true],
    [3, true],
  ]);
  await close();
});

test('a retry later than SQS can wait comes back within the 12 h that it can', async () => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close } = process();
  await send('jobs', { id: 'm' });
  const worker = await consume('jobs', {
    receive: (_, nth) => (nth === 1 ? { kind: 'retry', afterMs: 86_400_000 } : ack),
  });
  await until(() => worker.seen.length === 1);
  await clock.advance(11 * 3_600_000);
  expect(worker.seen).toHaveLength(1);
  await clock.advance(3_600_000 + 60_000);
  expect(worker.seen).toHaveLength(2);
  await close();
});

test('entries of a batch that fail are deleted again, alone', async () => {
  const { process, emulator, until, depth } = createReceivingStage();
  const { send, consume, close, parts } = process();
  for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}` });
  const fault = emulator.fault({ action: 'DeleteMessageBatch', times: 2, then: 'partial failure' });
  const worker = await consume('jobs', {});
  await until(() => worker.seen.length === 10 && fault.hits > 0);
  await until(async () => (await depth('jobs')).inFlight === 0);
  const entries = emulator.calls
    .filter(({ action }) => action === 'DeleteMessageBatch')
    .map(({ input }) => (input['Entries'] as unknown[]).length);
  const asked = entries.reduce((sum, count) => sum + count, 0);
  expect(asked).toBe(10 + parts.counters.get('settle_retries'));
  expect(worker.seen).toHaveLength(10);
  await close();
});

test('a delete that is refused as late is given up and counted, and those behind it go back', async () => {
  const { process, emulator, until } = createReceivingStage();
  const { send, consume, close, parts } = process();
  for (const id of ['m1', 'm2']) await send('jobs', { id, groupKey: 'a' });
  emulator.fault({ action: 'DeleteMessageBatch', times: 1, then: { error: 'ReceiptHandleIsInvalid' } });
  const worker = await consume('jobs', {});
  await until(() => worker.seen.length === 3);
  // SQS may have given it to somebody else: it is not overtaken.
  expect(worker.ids()).toEqual(['m1', 'm1', 'm2']);
  expect(parts.counters.get('failed_deletes')).toBe(1);
  await close();
});

test('a delivery in hand is settled after its consumer stopped, and what waits goes back at once', async () => {
  const { process, until, ended, depth } = createReceivingStage();
  const [one, other] = [process(), process()];
  for (let nth = 1; nth <= 3; nth += 1) await one.send('jobs', { id: `m${nth}`, groupKey: 'a' });
  const gate = createGate();
  const first = await one.consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => first.seen.length === 1);
  await ended(first.stop());
  expect(await depth('jobs')).toEqual({ visible: 2, inFlight: 1 });
  const second = await other.consume('jobs', {});
  gate.open();
  await until(() => second.seen.length === 2);
  expect([first.ids(), second.ids()]).toEqual([['m1'], ['m2', 'm3']]);
  await one.close();
  await other.close();
});

test('a consumer that has stopped is forgotten once its last delivery is settled', async () => {
  const { process, until, ended } = createReceivingStage();
  const { send, consume, close, parts } = process();
  const listeners = (): number => getEventListeners(parts.closing, 'abort').length;
  const [before, gate] = [listeners(), createGate()];
  await send('jobs', { id: 'slow' });
  const worker = await consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => worker.seen.length === 1);
  await ended(worker.stop());
  expect(listeners()).toBe(before + 1);
  gate.open();
  await until(() => listeners() === before);
  await close();
});

test('what runs while the transport closes goes back, and settling it later changes nothing', async () => {
  const { process, until, depth } = createReceivingStage();
  const { send, consume, close, parts } = process();
  for (let nth = 1; nth <= 3; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
  const gate = createGate();
  const worker = await consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => worker.seen.length === 1);
  await close();
  expect(worker.seen[0]?.signal?.aborted).toBe(true);
  expect(await depth('jobs')).toEqual({ visible: 3, inFlight: 0 });
  gate.open();
  await until(() => parts.counters.get('late_settles') === 1);
  expect(worker.seen).toHaveLength(1);
});

test('what is settled right before its transport closes is deleted or set aside first', async () => {
  const { process, until, depth } = createReceivingStage();
  const { send, consume, close } = process({ pollMs: 1_000 });
  for (const id of ['m1', 'm2']) await send('jobs', { id, groupKey: id });
  const gate = createGate();
  const quarantine: Disposition = { kind: 'quarantine', reason: 'broken' };
  const worker = await consume('jobs', {
    receive: ({ message }) => gate.opened.then(() => (message.id === 'm1' ? ack : quarantine)),
  });
  await until(() => worker.seen.length === 2);
  gate.open();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  await close();
  expect(await depth('jobs')).toEqual({ visible: 0, inFlight: 0 });
});
