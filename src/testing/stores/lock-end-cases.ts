import assert from 'node:assert/strict';
import { RpcError } from '../../core/errors.js';
import { exclusive, shared } from '../../stores/lock.js';
import { ask } from './ask.js';
import type { LockCase } from '../lock-conformance.js';

const closed = (error: unknown): boolean =>
  error instanceof RpcError && error.code === 'unavailable' && error.outcome === 'not_executed';

/** How locks end: with their work, with their process, never by somebody else. */
export const lockEndCases: readonly LockCase[] = [
  {
    name: 'the lock ends with its work, however that ends',
    async run({ connect, soon, harness }) {
      const { store } = await connect();
      const key = exclusive(harness.freshKey());
      const options = { signal: new AbortController().signal, owner: 'someone', ancestors: [] };
      const error = new Error('broken');
      const failing = ask(store, [key]);
      failing.fail(error);
      await soon(assert.rejects(failing.done, error), 'a rejection comes through');
      const throwing = store.hold([key], options, () => {
        throw error;
      });
      await soon(assert.rejects(throwing, error), 'a throw comes through');
      const value = {};
      const result = await soon(
        store.hold([key], options, async () => value),
        'the key is free',
      );
      assert.equal(result, value);
    },
  },
  {
    name: 'fences rise from grant to grant, over all keys and processes',
    async run({ connect, soon, harness }) {
      const connections = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      let last = -Infinity;
      for (let nth = 0; nth < 20; nth += 1) {
        const { store } = connections[nth % 2] ?? assert.fail();
        const one = ask(store, [nth % 3 === 0 ? shared(harness.freshKey()) : key]);
        const { fence } = await soon(one.granted, 'a free key is granted');
        assert.ok(Number.isSafeInteger(fence) && fence > last, `expected a fence over ${last}, got ${fence}`);
        last = fence;
        one.end();
        await soon(one.done, 'it ends');
      }
    },
  },
  {
    name: 'an idle key leaves nothing behind',
    async run({ connect, soon, harness }) {
      const { store } = await connect();
      const before = await harness.entries();
      for (let nth = 0; nth < 500; nth += 1) {
        const key = exclusive(harness.freshKey());
        const holder = ask(store, [key, shared(harness.freshKey())]);
        const waiter = ask(store, [key]);
        await soon(holder.granted, 'a free key is granted');
        waiter.abort(new Error('gave up'));
        holder.end();
        await soon(Promise.allSettled([holder.done, waiter.done]), 'both end');
      }
      assert.ok((await harness.entries()) <= before);
    },
  },
  {
    name: 'a holder that is alive keeps its lock for as long as it takes',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const holder = ask(one.store, [key]);
      const held = await soon(holder.granted, 'a free key is granted');
      const next = ask(other.store, [key]);
      await harness.advance(harness.leaseMs * 3.5);
      await quiet();
      assert.deepEqual([holder.state, held.signal?.aborted ?? false, next.state], ['held', false, 'waiting']);
      holder.end();
      await soon(next.granted, 'the next is granted');
      next.end();
    },
  },
  {
    name: 'what a crashed holder held goes to the next after a lease, told in time and with a larger fence',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const holder = ask(one.store, [key]);
      const stale = await soon(holder.granted, 'a free key is granted');
      const next = ask(other.store, [key]);
      const staleWasTold = next.granted.then(() => stale.signal?.aborted);
      await one.crash();
      await quiet();
      assert.equal(next.state, 'waiting');
      await harness.advance(harness.leaseMs);
      const { fence } = await soon(next.granted, 'the lease lapses');
      assert.equal(await staleWasTold, true, 'expected the stale signal to abort before the next grant');
      assert.ok(fence > stale.fence, `expected a fence over ${stale.fence}, got ${fence}`);
      next.end();
    },
  },
  {
    name: 'a stale holder cannot end the lock of its successor',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const stale = ask(one.store, [key]);
      await soon(stale.granted, 'a free key is granted');
      await one.crash();
      const successor = ask(other.store, [key]);
      await harness.advance(harness.leaseMs);
      await soon(successor.granted, 'the lease lapses');
      const third = ask(other.store, [key]);
      stale.end();
      await soon(Promise.allSettled([stale.done]), 'the stale work ends');
      await quiet();
      assert.deepEqual([successor.state, third.state], ['held', 'waiting']);
      successor.end();
      await soon(third.granted, 'the third is granted');
      third.end();
    },
  },
  {
    name: 'a waiter that crashed holds up nobody for longer than a lease',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const holder = ask(one.store, [key]);
      await soon(holder.granted, 'a free key is granted');
      const gone = ask(other.store, [key]);
      await quiet();
      const last = ask(one.store, [key]);
      await other.crash();
      holder.end();
      await harness.advance(harness.leaseMs);
      await soon(last.granted, 'the last is granted');
      assert.notEqual(gone.state, 'held');
      last.end();
    },
  },
  {
    name: 'a closed provider grants nothing, and may be closed twice',
    async run({ connect, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = exclusive(harness.freshKey());
      const holder = ask(one.store, [key]);
      await soon(holder.granted, 'a free key is granted');
      const waiting = ask(other.store, [key]);
      await other.store.close();
      await other.store.close();
      await soon(assert.rejects(waiting.done, closed), 'who waits is refused as unavailable');
      const late = ask(other.store, [exclusive(harness.freshKey())]);
      await soon(assert.rejects(late.done, closed), 'who comes is refused as unavailable');
      holder.end();
      await soon(holder.done, 'it ends');
    },
  },
];
