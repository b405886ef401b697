import { expect, test } from 'vitest';
import type { Disposition } from '../../../src/core/transport.js';
import { ack, createGate, createReceivingStage, type Gate } from './receiving-stage.js';

test('a group runs in the order it was sent, one at a time, and each after the delete of the one before', async () => {
  const { process, emulator, until, clock } = createReceivingStage();
  const { send, consume, close } = process();
  for (let nth = 1; nth <= 25; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
  let deleted = 0;
  const deletedBefore: number[] = [];
  const worker = await consume('jobs', {
    async receive() {
      deleted = emulator.calls.filter(({ action }) => action === 'DeleteMessageBatch').length;
      deletedBefore.push(deleted);
      await new Promise<void>((resolve) => void clock.after(50, resolve));
      return ack;
    },
  });
  await until(() => worker.seen.length === 25);
  expect(worker.ids()).toEqual(Array.from({ length: 25 }, (_, index) => `m${index + 1}`));
  expect(deletedBefore).toEqual(Array.from({ length: 25 }, (_, index) => index));
  await close();
});

test('groups run side by side', async () => {
  const { process, until } = createReceivingStage();
  const { send, consume, close } = process();
  for (let nth = 1; nth <= 12; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: `g${nth % 4}` });
  const gate = createGate();
  let running = 0;
  const worker = await consume('jobs', {
    intake: 20,
    async receive() {
      running += 1;
      await gate.opened;
      return ack;
    },
  });
  await until(() => running === 4);
  gate.open();
  await until(() => worker.seen.length === 12);
  await close();
});

test('a message that fails in a batch holds back those behind it, in order, and no other group', async () => {
  const { process, until, depth } = createReceivingStage();
  const { send, consume, close } = process();
  for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `a${nth}`, groupKey: 'a' });
  for (let nth = 1; nth <= 3; nth += 1) await send('jobs', { id: `b${nth}`, groupKey: 'b' });
  let failures = 0;
  const worker = await consume('jobs', {
    intake: 20,
    receive({ message }): Disposition {
      if (message.id !== 'a3' || failures === 2) return ack;
      failures += 1;
      return { kind: 'retry', afterMs: 20_000 };
    },
  });
  await until(() => worker.ids().includes('b3'));
  expect(worker.ids()).not.toContain('a4');
  // Those behind the third are nobody's: only that one is in flight.
  await until(async () => (await depth('jobs')).visible === 7);
  expect(await depth('jobs')).toEqual({ visible: 7, inFlight: 1 });
  await until(() => worker.seen.length === 15, 120_000);
  const ofA = worker.ids().filter((id) => id.startsWith('a'));
  expect(ofA).toEqual(['a1', 'a2', 'a3', 'a3', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9', 'a10']);
  expect(worker.seen.filter(({ message }) => message.id === 'a3').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  await close();
});

test('what is returned is first of its group again, for whoever asks next', async () => {
  const { process, until } = createReceivingStage();
  const one = process();
  for (let nth = 1; nth <= 3; nth += 1) await one.send('jobs', { id: `m${nth}`, groupKey: 'a' });
  const first = await one.consume('jobs', { receive: () => ({ kind: 'return' }) });
  await until(() => first.seen.length > 0);
  void first.stop();
  const other = process();
  const second = await other.consume('jobs', {});
  await until(() => second.seen.length === 3);
  expect(second.ids()).toEqual(['m1', 'm2', 'm3']);
  expect(new Set(first.ids())).toEqual(new Set(['m1']));
  expect(second.seen.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
    [1, true],
    [1, true],
    [1, true],
  ]);
  await one.close();
  await other.close();
});

test('a batch that is all of one group is counted: other groups may starve behind its backlog', async () => {
  const { process, until } = createReceivingStage();
  const { send, consume, close, parts } = process();
  for (let nth = 1; nth <= 21; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
  const worker = await consume('jobs', { intake: 100 });
  await until(() => worker.seen.length === 21);
  expect(parts.counters.get('single_group_polls')).toBe(2);
  await close();
});

test('the next of a group does not start while the delete of the one before is in doubt', async () => {
  const { process, emulator, until } = createReceivingStage();
  const { send, consume, close, parts } = process();
  await send('jobs', { id: 'm1', groupKey: 'a' });
  await send('jobs', { id: 'm2', groupKey: 'a' });
  const fault = emulator.fault({ action: 'DeleteMessageBatch', times: 8, then: 'error 500' });
  const gates: Gate[] = [];
  const worker = await consume('jobs', {
    async receive() {
      const gate = createGate();
      gates.push(gate);
      await gate.opened;
      return ack;
    },
  });
  await until(() => gates.length === 1);
  gates[0]?.open();
  await until(() => fault.hits >= 3);
  expect(worker.seen).toHaveLength(1);
  await until(() => gates.length === 2);
  expect(parts.counters.get('settle_retries')).toBe(8);
  gates[1]?.open();
  await close();
});
