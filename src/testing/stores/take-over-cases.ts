import assert from 'node:assert/strict';
import type { IdempotencyCase } from '../idempotency-conformance.js';
import { answer, background, owner, readAbandoned, readRunning, take, takeOver } from './take.js';

const never = (): AbortSignal => new AbortController().signal;

/** Runs whose process crashed or stood still. */
export const takeOverCases: readonly IdempotencyCase[] = [
  {
    name: 'a process that is alive keeps its claim for as long as it takes',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const claim = await take(one.store, key);
      await harness.advance(harness.leaseMs * 3.5);
      assert.equal((await other.store.read(key)).state, 'running');
      assert.notEqual(claim.signal?.aborted, true);
      assert.equal(await claim.settle(answer), 'recorded');
    },
  },
  {
    name: 'a crashed run is abandoned after a lease: its owner is told before, who waits is woken then',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const claim = await take(one.store, key);
      await one.crash();
      const seen = await readRunning(other.store, key);
      const ownerWasTold = background(seen.changed(never()).then(() => claim.signal?.aborted));
      await quiet();
      assert.equal((await other.store.read(key)).state, 'running', 'expected the claim to outlast its process');
      await harness.advance(harness.leaseMs);
      assert.equal(await soon(ownerWasTold, 'who waits is woken'), true, 'expected the stale signal to abort before');
      for (const found of [await other.store.read(key), await other.store.claim(key, 'fp', owner)]) {
        assert.ok(found.state === 'abandoned', `expected the key to be abandoned, got ${found.state}`);
        assert.deepEqual([found.fingerprint, found.starts], ['fp', 1]);
      }
    },
  },
  {
    name: 'starts are counted from take-over to take-over',
    async run({ connect, harness }) {
      const last = await connect();
      const key = harness.freshKey();
      for (let starts = 1; starts <= 4; starts += 1) {
        const { store, crash } = await connect();
        const claim = await (starts === 1 ? take(store, key) : takeOver(store, key));
        assert.equal(claim.starts, starts);
        assert.notEqual(claim.signal?.aborted, true);
        assert.equal((await last.store.read(key)).state, 'running');
        await crash();
        await harness.advance(harness.leaseMs);
      }
      assert.equal((await readAbandoned(last.store, key)).starts, 4);
      await (await takeOver(last.store, key)).release();
      assert.equal((await take(last.store, key)).starts, 1);
    },
  },
  {
    name: 'of two that take over at once one wins',
    async run({ connect, harness }) {
      const [gone, one, other] = [await connect(), await connect(), await connect()];
      const key = harness.freshKey();
      await take(gone.store, key);
      await gone.crash();
      await harness.advance(harness.leaseMs);
      const seen = [await readAbandoned(one.store, key), await readAbandoned(other.store, key)];
      const taken = await Promise.all(seen.map((each) => each.takeOver()));
      const winners = taken.filter((each) => each !== 'lost');
      assert.equal(winners.length, 1);
      assert.equal(await winners[0]?.settle(answer), 'recorded');
    },
  },
  {
    name: 'of one that takes over and one that parks at once one wins',
    async run({ connect, harness }) {
      const [gone, one, other] = [await connect(), await connect(), await connect()];
      for (const order of ['take over first', 'park first'] as const) {
        const key = harness.freshKey();
        const connection = order === 'take over first' ? gone : await connect();
        await take(connection.store, key);
        await connection.crash();
        await harness.advance(harness.leaseMs);
        const [mine, theirs] = [await readAbandoned(one.store, key), await readAbandoned(other.store, key)];
        const park = () => theirs.park('parked');
        const first = order === 'park first' ? park() : undefined;
        const [taken, parked] = await Promise.all([mine.takeOver(), first ?? park()]);
        assert.equal(Number(taken !== 'lost') + Number(parked !== 'lost'), 1);
        assert.equal((await one.store.read(key)).state, parked === 'parked' ? 'settled' : 'running');
      }
    },
  },
  {
    name: 'what is parked is answered from then on, and not started again',
    async run({ connect, harness }) {
      const [gone, one] = [await connect(), await connect()];
      const key = harness.freshKey();
      const stale = await take(gone.store, key);
      await gone.crash();
      await harness.advance(harness.leaseMs);
      const seen = await readAbandoned(one.store, key);
      assert.equal(await seen.park('crashed'), 'parked');
      assert.equal(await seen.park('crashed again'), 'lost');
      assert.equal(await seen.takeOver(), 'lost');
      assert.equal(await stale.settle('late'), 'lost');
      const expected = { state: 'settled', fingerprint: 'fp', reply: 'crashed' };
      assert.deepEqual(await one.store.claim(key, 'fp', owner), expected);
    },
  },
  {
    name: 'who lost its claim records nothing and releases nothing',
    async run({ connect, harness }) {
      const [gone, one] = [await connect(), await connect()];
      const key = harness.freshKey();
      const stale = await take(gone.store, key);
      await gone.crash();
      await harness.advance(harness.leaseMs);
      const claim = await takeOver(one.store, key);
      await stale.release();
      assert.equal(await stale.settle('stale'), 'lost');
      assert.equal((await one.store.read(key)).state, 'running');
      assert.equal(await claim.settle(answer), 'recorded');
      assert.equal(await stale.settle('stale'), 'lost');
      await stale.release();
      assert.deepEqual(await one.store.read(key), { state: 'settled', fingerprint: 'fp', reply: answer });
    },
  },
  {
    name: 'an owner that comes back before anybody took over still records its answer',
    async run({ connect, harness }) {
      const [gone, one] = [await connect(), await connect()];
      const key = harness.freshKey();
      const late = await take(gone.store, key);
      await gone.crash();
      await harness.advance(harness.leaseMs);
      const seen = await readAbandoned(one.store, key);
      assert.equal(await late.settle(answer), 'recorded');
      assert.equal(await seen.takeOver(), 'lost');
      assert.equal(await seen.park('crashed'), 'lost');
      assert.deepEqual(await one.store.read(key), { state: 'settled', fingerprint: 'fp', reply: answer });
    },
  },
];
