import { expect, test } from 'vitest';
import type { Disposition } from '../../../src/core/transport.js';
import { collect, createBench, idsOf, never, request } from './harness.js';

test('a worker that hangs loses its delivery after the lease, and is told by the signal', async () => {
  const { clock, broker } = createBench();
  const [caller, hanging, other] = [broker.connect(), broker.connect(), broker.connect()];
  const held = await collect(hanging, 'n', never, 1);
  await caller.send('n', request('1'));
  await clock.advance(0);
  const others = await collect(other, 'n');
  const signal = held[0]?.signal;
  hanging.freeze();
  await clock.advance(29_999);
  expect(others).toHaveLength(0);
  expect(signal?.aborted).toBe(false);
  await clock.advance(1);
  expect(idsOf(others)).toEqual(['1']);
  expect(others[0]).toMatchObject({ redelivered: true, attempt: 1 });
  expect(signal?.aborted).toBe(true);
  expect(broker.counters).toMatchObject({ leases_lapsed: 1 });
});

test('a worker that hung for less than the lease keeps its delivery', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  let finish: (disposition: Disposition) => void = () => undefined;
  const held = await collect(worker, 'n', () => new Promise((resolve) => (finish = resolve)));
  await worker.send('n', request('1'));
  await clock.advance(0);
  for (let round = 0; round < 5; round += 1) {
    worker.freeze();
    await clock.advance(19_000);
    worker.thaw();
    await clock.advance(11_000);
  }
  finish({ kind: 'ack' });
  await clock.advance(60_000);
  expect(idsOf(held)).toEqual(['1']);
  expect(broker.counters).toEqual({});
});

test('a frozen worker takes nothing until it thaws', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  const seen = await collect(worker, 'n');
  worker.freeze();
  await broker.connect().send('n', request('1'));
  await clock.advance(1_000);
  expect(seen).toHaveLength(0);
  worker.thaw();
  await clock.advance(0);
  expect(idsOf(seen)).toEqual(['1']);
});

test('the signal of a delivery that was cut off aborts when somebody else has it, and not when it comes back', async () => {
  const { clock, broker } = createBench();
  const [first, second] = [broker.connect(), broker.connect()];
  const held = await collect(first, 'n', never);
  await first.send('n', request('1'));
  await clock.advance(0);
  first.cut();
  await clock.advance(0);
  expect(idsOf(held)).toEqual(['1', '1']);
  expect(held.map(({ signal }) => signal?.aborted)).toEqual([false, false]);
  const elsewhere = await collect(second, 'n', never);
  first.crash();
  await clock.advance(0);
  expect(idsOf(elsewhere)).toEqual(['1']);
  expect(held[1]?.signal?.aborted).toBe(true);
});

test('a delivery that is settled after its lease lapsed is counted and changes nothing', async () => {
  const { clock, broker } = createBench();
  const [hanging, other] = [broker.connect(), broker.connect()];
  let finish: (disposition: Disposition) => void = () => undefined;
  await collect(hanging, 'n', () => new Promise((resolve) => (finish = resolve)), 1);
  await other.send('n', request('1'));
  await clock.advance(0);
  hanging.freeze();
  await clock.advance(30_000);
  const others = await collect(other, 'n', never);
  await clock.advance(0);
  finish({ kind: 'ack' });
  await clock.advance(0);
  expect(broker.counters).toMatchObject({ late_settles: 1 });
  other.crash();
  const third = await collect(broker.connect(), 'n');
  await clock.advance(0);
  expect([idsOf(others), idsOf(third)]).toEqual([['1'], ['1']]);
});

test('what goes back at once goes back in its order', async () => {
  const { clock, broker } = createBench();
  const [first, second] = [broker.connect(), broker.connect()];
  await collect(first, 'n', never);
  for (const id of ['1', '2', '3', '4']) await first.send('n', request(id));
  await clock.advance(0);
  first.crash();
  await second.send('n', request('5')).catch(() => undefined);
  const seen = await collect(second, 'n');
  await clock.advance(0);
  expect(idsOf(seen)).toEqual(['1', '2', '3', '4', '5']);
});

test('nothing is left ticking once all is closed', async () => {
  const { clock, broker } = createBench();
  const worker = broker.connect();
  await collect(worker, 'n', async ({ attempt }) =>
    attempt === 1 ? { kind: 'retry', afterMs: 60_000 } : { kind: 'ack' },
  );
  const inbox = await worker.openInbox({ receive: () => new Promise(() => undefined), lost: () => undefined });
  await worker.send('n', request('1'));
  await worker.send(inbox.address, request('2'));
  await clock.advance(0);
  expect(clock.pending()).toBeGreaterThan(0);
  await worker.close();
  expect(clock.pending()).toBe(0);
  const again = await collect(broker.connect(), 'n');
  await clock.advance(60_000);
  expect(again.map(({ attempt }) => attempt)).toEqual([2]);
});

test('nothing is left ticking once a consumer was stopped, before or after its last delivery ended', async () => {
  for (const intake of [1, 2]) {
    const { clock, broker } = createBench();
    const worker = broker.connect();
    const finish: ((disposition: Disposition) => void)[] = [];
    const receive = (): Promise<Disposition> => new Promise((resolve) => finish.push(resolve));
    const consumer = await worker.consume('n', { actions: ['a'], intake }, receive);
    await worker.send('n', request('1'));
    await clock.advance(0);
    if (intake === 1) finish[0]?.({ kind: 'ack' });
    await clock.advance(0);
    await consumer.stop();
    finish[0]?.({ kind: 'ack' });
    await clock.advance(0);
    expect(clock.pending()).toBe(0);
  }
});

test('a delivery that nothing can take away carries no signal', async () => {
  const { clock, broker } = createBench({ signals: false });
  const worker = broker.connect();
  const seen = await collect(worker, 'n');
  await worker.send('n', request('1'));
  await clock.advance(0);
  expect(seen[0]).not.toHaveProperty('signal');
});
