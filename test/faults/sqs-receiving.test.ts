import { expect, test } from 'vitest';
import { z } from 'zod';
import { createClient, defineAction, defineHandler, startServer } from '../../src/index.js';
import type { Disposition } from '../../src/core/transport.js';
import type { SqsFaultEffect } from '../../src/testing/index.js';
import { createSqsTransport } from '../../transports/sqs/index.js';
import { ack, createGate, createReceivingStage } from '../transports/sqs/receiving-stage.js';
import { createMachine } from './sqs-machine.js';

const visibilityTimeoutMs = 30_000;

test.each(['before', 'while', 'after'])(
  'a worker killed %s it runs a message: another one gets it after the visibility timeout, and first of its group',
  async (when) => {
    const stage = createReceivingStage();
    const machine = createMachine(stage.clock, stage.emulator.requestHandler);
    const doomed = stage.process({ ...machine, visibilityTimeoutMs });
    const other = stage.process({ visibilityTimeoutMs });
    for (const id of ['m1', 'm2']) await other.send('jobs', { id, groupKey: 'a' });
    const gate = createGate();
    const first = await doomed.consume('jobs', {
      async receive() {
        if (when === 'while') machine.kill();
        await gate.opened;
        if (when === 'after') machine.kill();
        return ack;
      },
    });
    if (when === 'before') stage.emulator.fault({ action: 'ReceiveMessage', times: 1, then: { delayMs: 100 } });
    if (when === 'before') stage.clock.after(50, () => machine.kill());
    await stage.clock.advance(200);
    if (when === 'after') gate.open();
    await stage.clock.advance(200);
    expect(machine.isDead).toBe(true);
    const second = await other.consume('jobs', {});
    await stage.clock.advance(visibilityTimeoutMs - 5_000);
    expect(second.seen).toHaveLength(0);
    await stage.until(() => second.seen.length === 2);
    expect(second.ids()).toEqual(['m1', 'm2']);
    expect(second.seen[0]?.redelivered).toBe(true);
    expect(first.seen.length).toBeLessThanOrEqual(1);
    await other.close();
  },
);

test('a worker that stood still for longer than the visibility timeout settles nothing, and starts nothing', async () => {
  const stage = createReceivingStage();
  const machine = createMachine(stage.clock, stage.emulator.requestHandler);
  const [frozen, other] = [stage.process({ ...machine, visibilityTimeoutMs }), stage.process({ visibilityTimeoutMs })];
  for (const id of ['m1', 'm2', 'm3']) await other.send('jobs', { id, groupKey: 'a' });
  const gate = createGate();
  const first = await frozen.consume('jobs', { receive: () => gate.opened.then(() => ack) });
  await stage.until(() => first.seen.length === 1);
  machine.pause();
  const gates = [createGate(), createGate(), createGate()];
  const second = await other.consume('jobs', {
    receive: (_, nth) => gates[nth - 1]?.opened.then(() => ack) ?? ack,
  });
  await stage.until(() => second.seen.length === 1);
  expect(second.ids()).toEqual(['m1']);
  const isDelete = ({ action }: { action: string }): boolean => action === 'DeleteMessageBatch';
  // It ends before any of its overdue timers fires.
  gate.open();
  machine.resume();
  await stage.clock.advance(5_000);
  expect(stage.emulator.calls.filter(isDelete)).toHaveLength(0);
  expect(first.seen[0]?.signal?.aborted).toBe(true);
  expect(first.seen).toHaveLength(1);
  for (const each of gates) each.open();
  await stage.until(() => second.seen.length === 3);
  expect(second.ids()).toEqual(['m1', 'm2', 'm3']);
  await frozen.close();
  await other.close();
});

test('poison at the head of a group is set aside after its attempts, and no other group waits for it', async () => {
  const { clock, emulator, until, ended } = createReceivingStage();
  const { endpoint, region, requestHandler } = emulator;
  const transport = createSqsTransport({ clock, endpoint, region, requestHandler });
  const step = defineAction({
    name: 'step',
    summary: 'Does one step.',
    request: z.object({ n: z.int() }),
    response: z.object({}),
  });
  const ran: number[] = [];
  const handler = defineHandler(step, {
    async run({ n }) {
      ran.push(n);
      if (n === 1) throw new Error('poison');
      return {};
    },
  });
  const server = await ended(startServer({ transport, address: 'jobs', handlers: [handler], clock }));
  const client = createClient({ transport, clock });
  for (const n of [1, 2]) await ended(client.send(step, { n }, { to: 'jobs', groupKey: 'a' }));
  await ended(client.send(step, { n: 3 }, { to: 'jobs', groupKey: 'b' }));
  await until(() => ran.includes(3), 1_000);
  await until(() => ran.includes(2), 600_000);
  expect(ran.filter((n) => n === 1)).toHaveLength(5);
  expect(transport.health().counters['quarantined']).toBe(1);
  await ended(server.stop());
  await ended(client.close());
  await ended(transport.close());
});

test('an answer to a delete that is lost does not make a message run again', async () => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process();
  for (let nth = 1; nth <= 5; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
  stage.emulator.fault({ action: 'DeleteMessageBatch', times: 10, rate: 0.7, then: 'reset after' });
  const worker = await consume('jobs', {});
  await stage.until(() => worker.seen.length >= 5, 120_000);
  await stage.clock.advance(60_000);
  expect(worker.ids()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
  await close();
});

const outages: readonly SqsFaultEffect[] = ['throttled', 'error 500', 'reset after', 'expired credentials'];

test.each(outages)('half of all calls end with %j, and each message still runs, in order', async (then) => {
  const stage = createReceivingStage();
  const { send, consume, close } = stage.process({ requestTimeoutMs: 2_000 });
  for (let nth = 1; nth <= 40; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: `g${nth % 4}` });
  const fault = stage.emulator.fault({
    action: ['ReceiveMessage', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch'],
    rate: 0.5,
    then,
  });
  const worker = await consume('jobs', { intake: 20 });
  const firsts = (): string[] => [...new Set(worker.ids())];
  await stage.until(() => firsts().length === 40, 600_000);
  for (let group = 0; group < 4; group += 1) {
    const numbers = firsts().map((id) => Number(id.slice(1)));
    const ofGroup = numbers.filter((n) => n % 4 === group);
    expect(ofGroup).toEqual([...ofGroup].sort((a, b) => a - b));
  }
  // Some wait: no hot loop.
  expect(stage.emulator.calls.length).toBeLessThan(1_000);
  fault.remove();
  await stage.until(async () => (await stage.depth('jobs')).inFlight === 0);
  await close();
});

test.each<SqsFaultEffect>(['reset before', 'hang'])(
  'an endpoint that is gone for 30 s (%s) is used again by itself',
  async (then) => {
    const stage = createReceivingStage();
    const { send, consume, close } = stage.process({ requestTimeoutMs: 2_000, pollMs: 5_000 });
    const worker = await consume('jobs', {});
    const fault = stage.emulator.fault({ action: 'ReceiveMessage', then });
    await send('jobs', { id: 'm1' });
    await stage.clock.advance(30_000);
    fault.remove();
    await stage.until(() => worker.seen.some(({ message }) => message.id === 'm1'), 20_000);
    await send('jobs', { id: 'm2' });
    await stage.until(() => worker.seen.length === 2, 20_000);
    await close();
  },
);

test('whichever message of a batch fails, those behind it start after it, and other groups go on', async () => {
  for (const failing of [1, 3, 10]) {
    const stage = createReceivingStage();
    const { send, consume, close } = stage.process();
    for (let nth = 1; nth <= 10; nth += 1) await send('jobs', { id: `m${nth}`, groupKey: 'a' });
    let hasFailed = false;
    const worker = await consume('jobs', {
      receive({ message }): Disposition {
        if (message.id !== `m${failing}` || hasFailed) return ack;
        hasFailed = true;
        return { kind: 'retry', afterMs: 3_000 };
      },
    });
    await stage.until(() => worker.seen.length === 11);
    expect([...new Set(worker.ids())]).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 1}`));
    expect(worker.ids().indexOf(`m${failing}`)).toBe(worker.ids().lastIndexOf(`m${failing}`) - 1);
    await close();
  }
});
