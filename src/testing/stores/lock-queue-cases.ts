import assert from 'node:assert/strict';
import { exclusive, limit, shared, type LockKey } from '../../stores/lock.js';
import { ask, type Asked } from './ask.js';
import type { LockCase } from '../lock-conformance.js';

/** Who comes when, and who gives up. */
export const lockQueueCases: readonly LockCase[] = [
  {
    name: 'first come, first served, across processes',
    async run({ connect, quiet, soon, harness }) {
      const connections = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const order: number[] = [];
      const asked = [];
      for (let nth = 0; nth < 10; nth += 1) {
        const { store } = connections[nth % 2] ?? assert.fail();
        const one = ask(store, [key]);
        void one.granted.then(() => order.push(nth));
        asked.push(one);
        await quiet();
      }
      for (const one of asked) {
        await soon(one.granted, 'each gets its turn');
        one.end();
      }
      await quiet();
      assert.deepEqual(order, [...asked.keys()]);
    },
  },
  ...[shared, (name: string) => limit(name, 5)].map((joined): LockCase => ({
    name: `a ${joined('x').mode} key waits behind an exclusive one that waits`,
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const key = harness.freshKey();
      const holder = ask(store, [joined(key)]);
      const writer = ask(store, [exclusive(key)]);
      const late = ask(store, [joined(key)]);
      await quiet();
      assert.deepEqual([holder.state, writer.state, late.state], ['held', 'waiting', 'waiting']);
      holder.end();
      await soon(writer.granted, 'the exclusive one comes first');
      await quiet();
      assert.equal(late.state, 'waiting');
      writer.end();
      await soon(late.granted, 'the late one comes then');
      late.end();
    },
  })),
  {
    name: 'several keys are granted together, and keep their place in each line',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const [a, b] = [exclusive(harness.freshKey()), exclusive(harness.freshKey())];
      const holder = ask(store, [b]);
      const both = ask(store, [a, b]);
      const late = ask(store, [a]);
      await quiet();
      assert.deepEqual([holder.state, both.state, late.state], ['held', 'waiting', 'waiting']);
      holder.end();
      await soon(both.granted, 'both keys are granted');
      const last = ask(store, [b]);
      await quiet();
      assert.deepEqual([late.state, last.state], ['waiting', 'waiting']);
      both.end();
      await soon(Promise.all([late.granted, last.granted]), 'both keys come free');
      late.end();
      last.end();
    },
  },
  {
    name: 'two keys asked for in opposite orders never block each other',
    async run({ connect, soon, harness }) {
      const connections = [await connect(), await connect()];
      const [a, b] = [exclusive(harness.freshKey()), exclusive(harness.freshKey())];
      let holders = 0;
      async function work(): Promise<void> {
        assert.equal((holders += 1), 1);
        await Promise.resolve();
        holders -= 1;
      }
      const all = Array.from({ length: 1_000 }, async (_, nth) => {
        const { store } = connections[nth % 2] ?? assert.fail();
        const keys: LockKey[] = nth % 4 < 2 ? [a, b] : [b, a];
        await store.hold(keys, { signal: new AbortController().signal, owner: `${nth}`, ancestors: [] }, work);
      });
      await soon(Promise.all(all), 'all thousand get their turn');
    },
  },
  {
    name: 'who gives up waiting leaves every line at once, and those behind move up',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const [a, b] = [harness.freshKey(), harness.freshKey()];
      const holder = ask(one.store, [shared(a)]);
      const writer = ask(one.store, [exclusive(a), exclusive(b)]);
      await quiet();
      const behind = ask(other.store, [shared(a)]);
      const elsewhere = ask(other.store, [exclusive(b)]);
      await quiet();
      assert.deepEqual([behind.state, elsewhere.state], ['waiting', 'waiting']);
      const reason = new Error('gave up');
      writer.abort(reason);
      await soon(assert.rejects(writer.done, reason), 'it rejects with the reason');
      await soon(Promise.all([behind.granted, elsewhere.granted]), 'those behind move up');
      assert.equal(holder.state, 'held');
      for (const held of [holder, behind, elsewhere]) held.end();
    },
  },
  {
    name: 'who has given up before asking does not wait',
    async run({ connect, soon, harness }) {
      const { store } = await connect();
      const key = exclusive(harness.freshKey());
      const holder = ask(store, [key]);
      await soon(holder.granted, 'a free key is granted');
      const reason = new Error('gave up');
      const late = ask(store, [key], { signal: AbortSignal.abort(reason) });
      await soon(assert.rejects(late.done, reason), 'it rejects with the reason');
      const next = ask(store, [key]);
      holder.end();
      await soon(next.granted, 'the next is granted');
      next.end();
      await soon(next.done, 'it ends');
      assert.equal(late.state, 'over');
    },
  },
  {
    name: 'who has to wait is told so once, and nobody else is',
    async run({ connect, soon, harness }) {
      const { store } = await connect();
      const [key, other] = [exclusive(harness.freshKey()), exclusive(harness.freshKey())];
      const told: string[] = [];
      const holder = ask(store, [key], { onWait: () => told.push('holder') });
      await soon(holder.granted, 'a free key is granted');
      const next = await soon(
        new Promise<Asked>((resolve) => {
          const asked: Asked = ask(store, [key], {
            onWait: () => {
              told.push('next');
              queueMicrotask(() => resolve(asked));
            },
          });
        }),
        'who waits is told so',
      );
      const refused = ask(store, [key], { ancestors: ['someone'], onWait: () => told.push('refused') });
      await soon(assert.rejects(refused.done, { code: 'deadlock' }), 'it is refused');
      const free = ask(store, [other], { onWait: () => told.push('free') });
      await soon(free.granted, 'another key is granted');
      holder.end();
      await soon(next.granted, 'the next is granted');
      for (const asked of [free, next]) asked.end();
      assert.deepEqual(told, ['next']);
    },
  },
  {
    name: 'giving up after the grant changes nothing',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const key = exclusive(harness.freshKey());
      const holder = ask(store, [key]);
      const held = await soon(holder.granted, 'a free key is granted');
      const next = ask(store, [key]);
      holder.abort(new Error('too late'));
      await quiet();
      assert.deepEqual([holder.state, next.state, held.signal?.aborted ?? false], ['held', 'waiting', false]);
      holder.end('done');
      assert.equal(await soon(holder.done, 'it ends'), 'done');
      await soon(next.granted, 'the next is granted');
      next.end();
    },
  },
];
