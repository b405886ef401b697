import assert from 'node:assert/strict';
import type { Message, Transport } from '../../core/transport.js';
import { ack, createGate, type Gate, type Worker } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'order';

/** One after the other, and none waits for more than the send before it. */
async function sendInOrder(from: Transport, worker: Worker, messages: readonly Message[]): Promise<void> {
  for (const message of messages) await from.send(worker.address, message);
}

export const orderCases: readonly ConformanceCase[] = [
  {
    name: 'a group is delivered in the order of its resolved sends, one at a time',
    group,
    trait: { name: 'ordering', is: true },
    async run({ connect, work, message, within, eventually }) {
      const caller = await connect();
      const running = new Map<string, number>();
      let most = 0;
      const worker = await work({
        intake: 20,
        async receive({ message: { groupKey = '' } }) {
          running.set(groupKey, (running.get(groupKey) ?? 0) + 1);
          most = Math.max(most, running.get(groupKey) ?? 0);
          for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          running.set(groupKey, (running.get(groupKey) ?? 0) - 1);
          return ack;
        },
      });
      const groups = ['a', 'b', 'c'];
      const sent = Array.from({ length: 30 }, (_, index) => message({ groupKey: groups[index % 3] ?? '' }));
      await within(sendInOrder(caller, worker, sent), 'all are sent');
      await eventually(() => worker.seen.length === 30, 'all arrive');
      for (const key of groups) {
        const got = worker.seen.filter((delivery) => delivery.message.groupKey === key);
        assert.deepEqual(
          got.map((delivery) => delivery.message.id),
          sent.filter(({ groupKey }) => groupKey === key).map(({ id }) => id),
        );
      }
      assert.equal(most, 1, 'expected one of a group at a time');
    },
  },
  {
    name: 'a group waits for its own slow message, the other groups do not',
    group,
    trait: { name: 'ordering', is: true },
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const gate = createGate();
      const worker = await work({
        async receive(_, nth) {
          if (nth === 1) await gate.opened;
          return ack;
        },
      });
      const slow = await send(caller, worker.address, message({ groupKey: 'a' }));
      const behind = await send(caller, worker.address, message({ groupKey: 'a' }));
      const other = await send(caller, worker.address, message({ groupKey: 'b' }));
      await eventually(() => worker.times(other) === 1, 'the other group goes on');
      assert.deepEqual([worker.times(slow), worker.times(behind)], [1, 0]);
      gate.open();
      await eventually(() => worker.times(behind) === 1, 'the group goes on');
    },
  },
  {
    name: 'a retried message keeps its place at the head of its group',
    group,
    trait: { name: 'ordering', is: true },
    async run({ connect, work, message, within, eventually, marker }) {
      const caller = await connect();
      const worker = await work({ receive: async (_, nth) => (nth === 1 ? { kind: 'retry', afterMs: 50 } : ack) });
      const [first, second] = [message({ groupKey: 'a' }), message({ groupKey: 'a' })];
      await within(sendInOrder(caller, worker, [first, second]), 'both are sent');
      await eventually(() => worker.times(second) === 1, 'both have run');
      await marker(caller, worker);
      assert.deepEqual(worker.ids().slice(0, 3), [first.id, first.id, second.id]);
    },
  },
  {
    name: 'an equal group key holds nothing back',
    group,
    trait: { name: 'ordering', is: false },
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const gates: Gate[] = [];
      const worker = await work({
        async receive() {
          const gate = createGate();
          gates.push(gate);
          await gate.opened;
          return ack;
        },
      });
      for (let count = 0; count < 3; count += 1) await send(caller, worker.address, message({ groupKey: 'a' }));
      await eventually(() => gates.length === 3, 'all three run at once');
      for (const gate of gates) gate.open();
    },
  },
];
