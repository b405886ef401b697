import assert from 'node:assert/strict';
import { RpcError } from '../../core/errors.js';
import type { IdempotencyCase } from '../idempotency-conformance.js';
import { answer, background, owner, take } from './take.js';

const closed = (error: unknown): boolean =>
  error instanceof RpcError && error.code === 'unavailable' && error.outcome === 'not_executed';

/** Taking a key, and how its claim ends. */
export const claimCases: readonly IdempotencyCase[] = [
  {
    name: 'an unknown key is taken, once',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      assert.deepEqual(await one.store.read(key), { state: 'none' });
      const claim = await take(one.store, key);
      assert.equal(claim.starts, 1);
      assert.notEqual(claim.signal?.aborted, true);
      for (const { store } of [one, other]) {
        const seen = [await store.read(key), await store.claim(key, 'fp', owner)];
        for (const found of seen) {
          assert.equal(found.state, 'running');
          assert.equal(found.state === 'running' && found.fingerprint, 'fp');
        }
      }
      await claim.release();
    },
  },
  {
    name: 'what was settled is answered from then on, to the letter',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      for (const reply of [answer, '', '"\u2028\0🫖é', 'x'.repeat(100_000)]) {
        const key = harness.freshKey();
        const claim = await take(one.store, key);
        assert.equal(await claim.settle(reply), 'recorded');
        const expected = { state: 'settled', fingerprint: 'fp', reply };
        for (const { store } of [one, other]) {
          assert.deepEqual(await store.read(key), expected);
          assert.deepEqual(await store.claim(key, 'fp', owner), expected);
        }
      }
    },
  },
  {
    name: 'a released key is as good as new',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      await (await take(one.store, key)).release();
      assert.deepEqual(await other.store.read(key), { state: 'none' });
      const again = await take(other.store, key, 'another');
      assert.equal(again.starts, 1);
      await again.release();
    },
  },
  {
    name: 'a released claim cannot touch the next one',
    async run({ connect, harness }) {
      const { store } = await connect();
      const key = harness.freshKey();
      const first = await take(store, key);
      await first.release();
      const second = await take(store, key);
      await first.release();
      assert.equal(await first.settle('stale'), 'lost');
      assert.equal((await store.read(key)).state, 'running');
      assert.equal(await second.settle(answer), 'recorded');
    },
  },
  {
    name: 'another request with the same key is told, whatever became of the first',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const [running, settled, abandoned] = [harness.freshKey(), harness.freshKey(), harness.freshKey()];
      await take(other.store, abandoned);
      await other.crash();
      await harness.advance(harness.leaseMs);
      await take(one.store, running);
      await (await take(one.store, settled)).settle(answer);
      for (const key of [running, settled, abandoned]) {
        assert.deepEqual(await one.store.claim(key, 'another', owner), { state: 'mismatch' });
      }
    },
  },
  {
    name: 'keys are told apart, whatever their text',
    async run({ connect, harness }) {
      const { store } = await connect();
      const key = harness.freshKey();
      const long = key + 'x'.repeat(10_000);
      const texts = [':', ' ', '*', '{a}', '\0', '"', '\\', '🫖', 'é', 'e\u0301', '/../', '%s', '\n'];
      const keys = [key, `${long}a`, `${long}b`, 'constructor', '__proto__', ...texts.map((text) => key + text)];
      for (const each of keys) await (await take(store, each)).settle(`answer to ${each}`);
      for (const each of keys) {
        const found = await store.read(each);
        assert.equal(found.state === 'settled' && found.reply, `answer to ${each}`);
      }
    },
  },
  {
    name: 'answers are kept for their time, and then forgotten',
    async run({ connect, harness }) {
      const { store } = await connect();
      const before = await harness.entries();
      const keys = Array.from({ length: 10 }, () => harness.freshKey());
      for (const key of keys) await (await take(store, key)).settle(answer);
      await harness.advance(harness.keepMs / 2);
      for (const key of keys) assert.equal((await store.read(key)).state, 'settled');
      await harness.advance(harness.keepMs);
      // Not equal: what earlier cases left behind may be forgotten meanwhile.
      const after = await harness.entries();
      assert.ok(after <= before, `expected answers to be freed though nobody asks for them, got ${after} entries`);
      for (const key of keys) assert.equal((await take(store, key)).starts, 1);
    },
  },
  {
    name: 'a run is not forgotten however long it takes',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const claim = await take(one.store, key);
      await harness.advance(harness.keepMs * 1.5);
      assert.equal((await other.store.read(key)).state, 'running');
      assert.equal(await claim.settle(answer), 'recorded');
      assert.equal((await other.store.read(key)).state, 'settled');
    },
  },
  {
    name: 'a released key leaves nothing behind',
    async run({ connect, harness }) {
      const { store } = await connect();
      const before = await harness.entries();
      for (let nth = 0; nth < 500; nth += 1) await (await take(store, harness.freshKey())).release();
      assert.ok((await harness.entries()) <= before);
    },
  },
  {
    name: 'a key released after its start is as good as new, and known to have been started for as long as was said',
    async run({ connect, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      await (await take(one.store, key)).release({ hasStarted: true });
      const { remembersMs } = one.store;
      const none = remembersMs === undefined ? { state: 'none' } : { state: 'none', hasStarted: true };
      assert.deepEqual(await other.store.read(key), none);
      const again = await take(other.store, key, 'another');
      assert.equal(again.starts, 1);
      await again.release();
      assert.deepEqual(await one.store.read(key), none, 'a claim that was not started does not wipe it out');
      if (remembersMs === undefined) return;
      await harness.advance(remembersMs * 0.9);
      assert.deepEqual(await one.store.read(key), none);
      await harness.advance(remembersMs * 0.2);
      assert.deepEqual(await one.store.read(key), { state: 'none' });
    },
  },
  {
    name: 'a closed store answers nothing, and may be closed twice',
    async run({ connect, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const claim = await take(one.store, key);
      const found = await other.store.read(key);
      assert.ok(found.state === 'running');
      const waiting = background(found.changed(new AbortController().signal));
      await other.store.close();
      await other.store.close();
      await soon(assert.rejects(waiting, closed), 'who waits is refused as unavailable');
      await soon(assert.rejects(other.store.read(key), closed), 'a read is refused as unavailable');
      await soon(assert.rejects(other.store.claim(key, 'fp', owner), closed), 'a claim is refused as unavailable');
      await claim.release();
    },
  },
];
