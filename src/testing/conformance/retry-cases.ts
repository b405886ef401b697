import assert from 'node:assert/strict';
import type { Disposition } from '../../core/transport.js';
import { ack } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'settling';

const retry = (afterMs: number): Disposition => ({ kind: 'retry', afterMs });

/** A timer may fire that much early by another clock. */
const toleratedMs = 5;

export const retryCases: readonly ConformanceCase[] = [
  {
    name: 'a retry comes back after its delay, unchanged, as another attempt',
    group,
    async run({ connect, work, message, send, eventually, marker, monotonicMs }) {
      const caller = await connect();
      const atMs: number[] = [];
      const worker = await work({
        async receive(_, nth) {
          atMs.push(monotonicMs());
          return nth < 3 ? retry(nth * 50) : ack;
        },
      });
      const fields = { body: '{"a":1}', headers: { 'x-kept': 'yes' }, correlationId: 'c' };
      const sent = await send(caller, worker.address, message(fields));
      await eventually(() => worker.seen.length === 3, 'it comes back twice');
      assert.deepEqual(
        worker.seen.map((delivery) => [delivery.message.id, delivery.attempt, delivery.redelivered]),
        [1, 2, 3].map((attempt) => [sent.id, attempt, attempt > 1]),
      );
      const [first = 0, second = 0, third = 0] = atMs;
      assert.ok(second - first >= 50 - toleratedMs, `expected 50 ms at least, got ${second - first}`);
      assert.ok(third - second >= 100 - toleratedMs, `expected 100 ms at least, got ${third - second}`);
      const { body, headers, correlationId, action } = worker.seen[2]?.message ?? {};
      assert.deepEqual([body, headers?.['x-kept'], correlationId, action], ['{"a":1}', 'yes', 'c', sent.action]);
      await marker(caller, worker);
      assert.equal(worker.seen.length, 4);
    },
  },
  {
    name: 'a retry that is not to be counted is not',
    group,
    trait: { name: 'countsAttempts', is: false },
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const uncounted: Disposition = { kind: 'retry', afterMs: 20, uncounted: true };
      const worker = await work({
        receive: async (_, nth) => (nth === 1 ? retry(0) : nth === 2 ? uncounted : ack),
      });
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 3, 'it comes back twice');
      assert.deepEqual(
        worker.seen.map((delivery) => delivery.attempt),
        [1, 2, 2],
      );
    },
  },
  {
    name: 'a retry that waits holds back none of the others',
    group,
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const worker = await work({ intake: 2, receive: async (_, nth) => (nth === 1 ? retry(400) : ack) });
      const waits = await send(caller, worker.address);
      await eventually(() => worker.seen.length === 1, 'it arrives');
      const others = [await send(caller, worker.address), await send(caller, worker.address)];
      await eventually(() => worker.times(waits) === 2, 'it comes back');
      assert.deepEqual(
        worker.ids(),
        [waits, ...others, waits].map(({ id }) => id),
      );
    },
  },
  {
    name: 'an endless retry at once starves nobody',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const poison = message();
      let ended = false;
      let tries = 0;
      const worker = await work({
        intake: 2,
        async receive(delivery) {
          if (delivery.message.id !== poison.id) return ack;
          tries += 1;
          // A loop that lets nothing else run could only be left from within.
          if (tries > 100_000) ended = true;
          return ended ? ack : retry(0);
        },
      });
      await send(caller, worker.address, poison);
      await eventually(() => worker.times(poison) >= 3, 'it comes again and again');
      const others = [await send(caller, worker.address), await send(caller, worker.address)];
      await eventually(() => others.every((each) => worker.times(each) === 1), 'others arrive between');
      assert.ok(!ended, 'expected the retries to let other work run');
      ended = true;
      const before = worker.times(poison);
      await eventually(() => worker.times(poison) > before, 'it comes a last time');
    },
  },
  {
    name: 'a rejection is a retry after a second',
    group,
    async run({ connect, work, send, eventually, monotonicMs }) {
      const caller = await connect();
      const atMs: number[] = [];
      const worker = await work({
        async receive(_, nth) {
          atMs.push(monotonicMs());
          if (nth === 1) throw new Error('a bug of the caller');
          return ack;
        },
      });
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 2, 'it comes back');
      assert.equal(worker.seen[1]?.attempt, 2);
      const [first = 0, second = 0] = atMs;
      assert.ok(second - first >= 1_000 - toleratedMs, `expected a second at least, got ${second - first} ms`);
    },
  },
];
