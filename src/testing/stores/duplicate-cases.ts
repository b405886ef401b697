import assert from 'node:assert/strict';
import type { IdempotencyStore } from '../../stores/idempotency.js';
import type { IdempotencyCase } from '../idempotency-conformance.js';
import { answer, background, owner, readRunning, take } from './take.js';

const never = (): AbortSignal => new AbortController().signal;

/** As a worker does with a request that carries a key: runs it, or waits for whoever does. */
async function once(store: IdempotencyStore, key: string, run: () => Promise<string>): Promise<string> {
  for (;;) {
    const found = await store.claim(key, 'fp', owner);
    if (found.state === 'settled') return found.reply;
    if (found.state === 'running') await found.changed(never());
    if (found.state === 'fresh') {
      const reply = await run();
      if ((await found.settle(reply)) === 'recorded') return reply;
    }
  }
}

/** Waiting for a run of the same key. */
export const duplicateCases: readonly IdempotencyCase[] = [
  {
    name: 'who waits is woken when the run is settled, and when it is released',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      for (const end of ['settle', 'release'] as const) {
        const key = harness.freshKey();
        const claim = await take(one.store, key);
        let woken = 0;
        const waiting = [];
        for (const { store } of [one, other, other]) {
          const seen = await readRunning(store, key);
          waiting.push(background(seen.changed(never()).then(() => (woken += 1))));
        }
        await quiet();
        assert.equal(woken, 0, 'expected nobody to be woken while nothing changes');
        await (end === 'settle' ? claim.settle(answer) : claim.release());
        await soon(Promise.all(waiting), `all are woken by the ${end}`);
      }
    },
  },
  {
    name: 'who starts to wait after the change does not wait',
    async run({ connect, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const first = await take(one.store, key);
      const seen = await readRunning(other.store, key);
      await first.release();
      await soon(seen.changed(never()), 'a record that is gone has changed');
      const second = await take(one.store, key);
      await soon(seen.changed(never()), 'a record of another run has changed');
      const again = await readRunning(other.store, key);
      await second.settle(answer);
      await soon(again.changed(never()), 'a record that is settled has changed');
    },
  },
  {
    name: 'who waits may give up',
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      const key = harness.freshKey();
      const claim = await take(one.store, key);
      const seen = await readRunning(other.store, key);
      const [controller, reason] = [new AbortController(), new Error('gave up')];
      const waiting = background(seen.changed(controller.signal));
      const patient = background(seen.changed(never()));
      await quiet();
      controller.abort(reason);
      await soon(assert.rejects(waiting, reason), 'it rejects with the reason');
      await soon(assert.rejects(seen.changed(controller.signal), reason), 'it rejects at once when asked too late');
      await claim.settle(answer);
      await soon(patient, 'the others are still woken');
    },
  },
  {
    name: 'of 200 duplicates at once, from two processes, one runs and all get its answer',
    async run({ connect, quiet, soon, harness }) {
      const connections = [await connect(), await connect()];
      const key = harness.freshKey();
      let runs = 0;
      async function run(): Promise<string> {
        runs += 1;
        await quiet();
        return `answer of run ${runs}`;
      }
      const all = Array.from({ length: 200 }, (_, nth) => {
        const { store } = connections[nth % 2] ?? assert.fail();
        return background(once(store, key, run));
      });
      const replies = await soon(Promise.all(all), 'all get an answer');
      assert.equal(runs, 1);
      assert.deepEqual(new Set(replies), new Set(['answer of run 1']));
    },
  },
  {
    name: 'when the run is released the next of those who wait runs, one at a time',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const key = harness.freshKey();
      const first = await take(store, key);
      let [running, most, runs] = [0, 0, 0];
      async function run(): Promise<string> {
        runs += 1;
        most = Math.max(most, (running += 1));
        await quiet();
        running -= 1;
        return answer;
      }
      const all = Array.from({ length: 20 }, () => background(once(store, key, run)));
      await quiet();
      assert.equal(runs, 0);
      await first.release();
      await soon(Promise.all(all), 'all get an answer');
      assert.deepEqual([most, runs], [1, 1]);
    },
  },
];
