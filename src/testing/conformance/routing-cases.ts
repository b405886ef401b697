import assert from 'node:assert/strict';
import { TransportError } from '../../core/transport.js';
import { defaultAction } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'sending';

/** Where a message goes, and what its sender is told when it goes nowhere. */
export const routingCases: readonly ConformanceCase[] = [
  {
    name: 'each address gets its own messages',
    group,
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const one = await work();
      const other = await work({ transport: one.transport });
      const toOne = await send(caller, one.address);
      const toOther = await send(caller, other.address);
      await eventually(() => one.times(toOne) + other.times(toOther) === 2, 'both arrive');
      assert.deepEqual([one.ids(), other.ids()], [[toOne.id], [toOther.id]]);
    },
  },
  {
    name: 'an address keeps what is sent to it while nobody consumes it',
    group,
    async run({ connect, work, send, eventually, within }) {
      const caller = await connect();
      const first = await work();
      await within(first.transport.close(), 'it closes');
      const sent = [await send(caller, first.address), await send(caller, first.address)];
      const worker = await work({ address: first.address });
      await eventually(() => sent.every((each) => worker.times(each) === 1), 'both arrive');
      assert.equal(first.seen.length, 0);
    },
  },
  {
    name: 'an address consumed for several actions gets each of them',
    group,
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const worker = await work({ actions: [defaultAction, `${defaultAction}_other`] });
      await send(caller, worker.address);
      await send(caller, worker.address, message({ action: `${defaultAction}_other` }));
      await eventually(() => worker.seen.length === 2, 'both arrive');
      const actions = worker.seen.map((delivery) => delivery.message.action);
      assert.deepEqual(actions.sort(), [defaultAction, `${defaultAction}_other`]);
    },
  },
  {
    name: 'a send to an address that nobody ever consumed is unroutable',
    group,
    trait: { name: 'reportsUnroutable', is: true },
    async run({ harness, connect, work, message, refused, insist, eventually }) {
      const caller = await connect();
      const address = harness.freshAddress();
      const error = await refused(caller.send(address, message()), 'unroutable');
      assert.equal(error.sent, 'no');
      const worker = await work({ address });
      const sent = message();
      // A transport may remember for a while that there was none.
      await insist(caller, address, sent);
      await eventually(() => worker.times(sent) === 1, 'a send after the first consumer arrives');
      assert.equal(worker.seen.length, 1);
    },
  },
  {
    name: 'a send of an action that nobody answers there is unroutable',
    group,
    trait: { name: 'reportsUnroutable', is: true },
    async run({ connect, work, message, refused, marker }) {
      const caller = await connect();
      const worker = await work();
      const strange = message({ action: `${defaultAction}_unknown` });
      assert.equal((await refused(caller.send(worker.address, strange), 'unroutable')).sent, 'no');
      await marker(caller, worker);
      assert.equal(worker.seen.length, 1);
    },
  },
  {
    name: 'a send to an address that nobody consumed yet waits for its first consumer',
    group,
    trait: { name: 'reportsUnroutable', is: false },
    async run({ harness, connect, work, send, eventually }) {
      const caller = await connect();
      const address = harness.freshAddress();
      const sent = await send(caller, address);
      const worker = await work({ address });
      await eventually(() => worker.times(sent) === 1, 'it arrives');
    },
  },
  {
    name: 'requireWorker fails as no_worker where nobody consumes the address',
    group,
    trait: { name: 'reportsNoWorker', is: true },
    async run({ connect, work, message, send, eventually, within }) {
      const caller = await connect();
      const first = await work();
      await send(caller, first.address, message(), { requireWorker: true });
      await eventually(() => first.seen.length === 1, 'it arrives where there is a worker');
      await within(first.transport.close(), 'it closes');
      let told: unknown;
      // A transport may remember for a while that there was a worker.
      await eventually(async () => {
        told = await caller.send(first.address, message(), { requireWorker: true }).catch((error: unknown) => error);
        return told !== undefined;
      }, 'the sender is told');
      assert.ok(told instanceof TransportError && told.code === 'no_worker', `expected no_worker, got ${String(told)}`);
      assert.equal(told.sent, 'no');
    },
  },
  {
    name: 'requireWorker changes nothing where it cannot be told',
    group,
    trait: { name: 'reportsNoWorker', is: false },
    async run({ connect, work, message, send, eventually, within }) {
      const caller = await connect();
      const first = await work();
      await within(first.transport.close(), 'it closes');
      const sent = await send(caller, first.address, message(), { requireWorker: true });
      const worker = await work({ address: first.address });
      await eventually(() => worker.times(sent) === 1, 'it waited for a worker');
    },
  },
];
