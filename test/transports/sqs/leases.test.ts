import { expect, test } from 'vitest';
import type { SqsFaultEffect } from '../../../src/testing/index.js';
import { ack, createGate, createReceivingStage } from './receiving-stage.js';

const visibilityTimeoutMs = 30_000;

test('a handler of ten times the visibility timeout runs once, renewed between a third and a half of it', async () => {
  const { process, emulator, until, clock, depth } = createReceivingStage();
  const [one, other] = [process({ visibilityTimeoutMs }), process({ visibilityTimeoutMs })];
  await one.send('jobs', { id: 'slow' });
  const gate = createGate();
  const first = await one.consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => first.seen.length === 1);
  const startMs = clock.now();
  const second = await other.consume('jobs', {});
  await clock.advance(10 * visibilityTimeoutMs);
  const atMs = emulator.calls
    .filter(({ action }) => action === 'ChangeMessageVisibilityBatch')
    .map((call) => call.at - startMs);
  const gapsMs = atMs.map((ms, index) => ms - (atMs[index - 1] ?? 0));
  expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(visibilityTimeoutMs / 3 - 200);
  expect(Math.max(...gapsMs)).toBeLessThanOrEqual(visibilityTimeoutMs / 2);
  gate.open();
  await until(async () => (await depth('jobs')).inFlight === 0);
  expect([first.seen.length, second.seen.length]).toEqual([1, 0]);
  expect(first.seen[0]?.signal?.aborted).toBe(false);
  await one.close();
  await other.close();
});

test('what waits behind the first of its group is renewed with it, in one call', async () => {
  const { process, until, clock, emulator } = createReceivingStage();
  const { send, consume, close } = process({ visibilityTimeoutMs });
  for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
  const gate = createGate();
  const worker = await consume('jobs', {
    receive: (_, nth) => (nth === 1 ? gate.opened.then(() => ack) : ack),
  });
  await until(() => worker.seen.length === 1);
  await clock.advance(5 * visibilityTimeoutMs);
  expect(worker.seen).toHaveLength(1);
  const changes = emulator.calls.filter(({ action }) => action === 'ChangeMessageVisibilityBatch');
  expect(changes.length).toBeLessThanOrEqual(15);
  gate.open();
  await until(() => worker.seen.length === 10);
  expect(worker.ids()).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 1}`));
  expect(worker.seen.every(({ redelivered }) => !redelivered)).toBe(true);
  await close();
});

const failures: readonly SqsFaultEffect[] = [
  'error 500',
  'throttled',
  'reset before',
  'hang',
  'partial failure',
  { error: 'MessageNotInflight' },
  { error: 'ReceiptHandleIsInvalid' },
];

test.each(failures)('a renewal that ends with %j aborts the signal before the visibility ends', async (then) => {
  const { process, until, clock, emulator, depth } = createReceivingStage();
  const { send, consume, close, parts } = process({ visibilityTimeoutMs });
  await send('jobs', { id: 'm1', groupKey: 'a' });
  await send('jobs', { id: 'm2', groupKey: 'a' });
  const fault = emulator.fault({ action: 'ChangeMessageVisibilityBatch', then });
  const gate = createGate();
  const worker = await consume('jobs', { receive: (_, nth) => (nth === 1 ? gate.opened.then(() => ack) : ack) });
  await until(() => worker.seen.length === 1);
  const startMs = clock.monotonicMs();
  await until(() => worker.seen[0]?.signal?.aborted === true, visibilityTimeoutMs);
  expect(clock.monotonicMs() - startMs).toBeLessThan(visibilityTimeoutMs - 1_000);
  fault.remove();
  gate.open();
  await until(() => parts.counters.get('late_settles') === 1);
  expect(emulator.calls.some(({ action }) => action === 'DeleteMessageBatch')).toBe(false);
  // It comes again, to whoever asks; what was behind it never overtakes it.
  await until(() => worker.seen.length === 3, 2 * visibilityTimeoutMs);
  expect(worker.ids()).toEqual(['m1', 'm1', 'm2']);
  await until(async () => (await depth('jobs')).inFlight === 0);
  await close();
});

test('a delivery that was lost since it may not be renewed says so', async () => {
  const { process, until, emulator } = createReceivingStage();
  const { send, consume, close } = process({ visibilityTimeoutMs });
  await send('jobs', { id: 'm1' });
  emulator.fault({ action: 'ChangeMessageVisibilityBatch', then: 'access denied' });
  const worker = await consume('jobs', { receive: () => new Promise(() => undefined) });
  await until(() => worker.seen[0]?.signal?.aborted === true);
  expect(String(worker.seen[0]?.signal?.reason)).toMatch(/could not be renewed in time: .*AccessDenied/);
  await close();
});

test('three renewals that fail in a row are made up for', async () => {
  const { process, until, clock, emulator } = createReceivingStage();
  const { send, consume, close } = process({ visibilityTimeoutMs });
  await send('jobs', { id: 'm1' });
  const fault = emulator.fault({ action: 'ChangeMessageVisibilityBatch', times: 3, then: 'error 500' });
  const gate = createGate();
  const worker = await consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => worker.seen.length === 1);
  await clock.advance(2 * visibilityTimeoutMs);
  expect(fault.hits).toBe(3);
  expect(worker.seen[0]?.signal?.aborted).toBe(false);
  gate.open();
  await close();
});

test('a delivery that is held for nearly 12 h is given up, and says why', async () => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close } = process({ visibilityTimeoutMs: 1_200_000 });
  await send('jobs', { id: 'm1' });
  const gate = createGate();
  const worker = await consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await until(() => worker.seen.length === 1);
  const { signal } = worker.seen[0] ?? {};
  await clock.advance(11 * 3_600_000 + 54 * 60_000);
  expect(signal?.aborted).toBe(false);
  await clock.advance(2 * 60_000);
  expect(signal?.aborted).toBe(true);
  expect(String(signal?.reason)).toContain('715 min, and SQS takes a message away after 12 h');
  gate.open();
  await close();
});

test('what came with a poll that had waited is proved ours soon, unless it is done with by then', async () => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close, parts } = process({ visibilityTimeoutMs: 12_000 });
  const gate = createGate();
  const worker = await consume('jobs', {
    receive: ({ message }) => (message.id === 'slow' ? gate.opened.then(() => ack) : ack),
  });
  await clock.advance(15_000);
  await send('jobs', { id: 'quick' });
  await clock.advance(2_000);
  expect([worker.ids(), parts.counters.get('renewals')]).toEqual([['quick'], 0]);
  await clock.advance(15_000);
  await send('jobs', { id: 'slow' });
  await clock.advance(1_100);
  // Nobody knows when in its 15 s SQS handed it out.
  expect([worker.ids(), parts.counters.get('renewals')]).toEqual([['quick', 'slow'], 1]);
  gate.open();
  await until(() => parts.counters.get('deletes') === 2);
  await close();
});
