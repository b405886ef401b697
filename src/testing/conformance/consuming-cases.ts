import assert from 'node:assert/strict';
import type { Disposition } from '../../core/transport.js';
import { ack, createGate, type Gate } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'consuming';

export const consumingCases: readonly ConformanceCase[] = [
  {
    name: 'what was acked never comes back',
    group,
    async run({ connect, work, send, eventually, marker, within }) {
      const caller = await connect();
      const first = await work();
      for (let count = 0; count < 30; count += 1) await send(caller, first.address);
      await eventually(() => first.seen.length === 30, 'all arrive');
      await marker(caller, first);
      await within(first.transport.close(), 'it closes');
      const second = await work({ address: first.address });
      await marker(caller, second);
      assert.equal(new Set(first.ids()).size, 31);
      assert.equal(first.seen.length, 31);
      assert.equal(second.seen.length, 1);
    },
  },
  {
    name: 'a first delivery says so',
    group,
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const worker = await work();
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 1, 'it arrives');
      assert.deepEqual([worker.seen[0]?.attempt, worker.seen[0]?.redelivered], [1, false]);
      assert.notEqual(worker.seen[0]?.signal?.aborted, true);
    },
  },
  ...[1, 3].map((intake): ConformanceCase => ({
    name: `an intake of ${intake} is reached and never passed`,
    group,
    async run({ connect, work, send, eventually, marker }) {
      const caller = await connect();
      const gates: Gate[] = [];
      let running = 0;
      let most = 0;
      const worker = await work({
        intake,
        async receive() {
          most = Math.max(most, (running += 1));
          const gate = createGate();
          gates.push(gate);
          await gate.opened;
          running -= 1;
          return ack;
        },
      });
      const bystander = await work({ transport: worker.transport });
      for (let count = 0; count < 12; count += 1) await send(caller, worker.address);
      await eventually(() => running === intake, `${intake} run at once`);
      for (let opened = 0; opened < 12; opened += 1) {
        // What is too much would have come by now.
        await marker(caller, bystander);
        await eventually(() => gates.length > opened, 'the next one starts');
        gates[opened]?.open();
      }
      await eventually(() => worker.seen.length === 12 && running === 0, 'all have run');
      assert.equal(most, intake);
    },
  })),
  {
    name: 'a slow delivery holds back none of the others',
    group,
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const gate = createGate();
      const worker = await work({
        intake: 2,
        async receive(_, nth) {
          if (nth === 1) await gate.opened;
          return ack;
        },
      });
      for (let count = 0; count < 20; count += 1) await send(caller, worker.address);
      await eventually(() => worker.seen.length === 20, 'all the others arrive while the first one runs');
      gate.open();
    },
  },
  {
    name: 'a delivery stays with its worker for as long as it runs',
    group,
    trait: { name: 'maxHoldMs', is: false },
    async run({ harness, connect, work, send, eventually, marker, pass, within }) {
      const caller = await connect();
      const gate = createGate();
      const receive = (): Promise<Disposition> => gate.opened.then(() => ack);
      const holding = await work({ intake: 1, receive });
      const held = await send(caller, holding.address);
      await eventually(() => holding.times(held) === 1, 'it arrives');
      const other = await work({ address: holding.address });
      await pass(harness.leaseMs === undefined ? 300 : 3 * harness.leaseMs);
      await marker(caller, other);
      assert.deepEqual([holding.times(held), other.times(held)], [1, 0]);
      assert.notEqual(holding.seen[0]?.signal?.aborted, true);
      await within(holding.consumer.stop(), 'it stops');
      gate.open();
      await marker(caller, other);
      await within(holding.transport.close(), 'it closes');
      await marker(caller, other);
      assert.equal(other.times(held), 0, 'expected the ack after so long to count');
    },
  },
  {
    name: 'a delivery held for longer than maxHoldMs is taken away, and settling it late changes nothing',
    group,
    trait: { name: 'maxHoldMs', is: true },
    async run({ harness, connect, work, send, eventually, marker, pass, within }) {
      const caller = await connect();
      const gates: Gate[] = [];
      const receive = async (): Promise<Disposition> => {
        const gate = createGate();
        gates.push(gate);
        await gate.opened;
        return ack;
      };
      const first = await work({ intake: 1, receive });
      const held = await send(caller, first.address);
      await eventually(() => first.times(held) === 1, 'it arrives');
      await within(first.consumer.stop(), 'it stops');
      const second = await work({ address: first.address, receive });
      await pass(harness.traits.maxHoldMs ?? 0);
      await eventually(() => second.times(held) === 1, 'somebody else gets it');
      assert.equal(second.seen[0]?.redelivered, true);
      const { signal } = first.seen[0] ?? {};
      assert.notEqual(signal?.aborted, false, 'expected its signal, if it has one, to have aborted');
      gates[0]?.open();
      const bystander = await work({ transport: first.transport });
      await marker(caller, bystander);
      await within(second.transport.close(), 'it closes');
      const third = await work({ address: first.address });
      await eventually(() => third.times(held) === 1, 'the second, unsettled, gives it to the third');
    },
  },
  {
    name: 'workers of one address share what comes',
    group,
    async run({ connect, work, send, eventually, marker }) {
      const caller = await connect();
      const gate = createGate();
      const receive = (): Promise<Disposition> => gate.opened.then(() => ack);
      const one = await work({ intake: 1, receive });
      const other = await work({ address: one.address, intake: 1, receive });
      const sent = [await send(caller, one.address), await send(caller, one.address)];
      await eventually(() => one.seen.length === 1 && other.seen.length === 1, 'each has one');
      gate.open();
      for (let count = 0; count < 20; count += 1) sent.push(await send(caller, one.address));
      await eventually(() => one.seen.length + other.seen.length >= sent.length, 'all arrive');
      const bystander = await work({ transport: one.transport });
      await marker(caller, bystander);
      assert.deepEqual([...one.ids(), ...other.ids()].sort(), sent.map(({ id }) => id).sort());
    },
  },
];
