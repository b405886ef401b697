import assert from 'node:assert/strict';
import { exclusive, limit, shared, type LockKey } from '../../stores/lock.js';
import { ask } from './ask.js';
import type { LockCase } from '../lock-conformance.js';

const modes: readonly { readonly mode: string; key(name: string): LockKey }[] = [
  { mode: 'exclusive', key: exclusive },
  { mode: 'shared', key: shared },
  { mode: 'limit', key: (name) => limit(name, 2) },
];

const pairs = modes.flatMap((first) =>
  modes.map((second) => ({ first, second, together: first === second && first.mode !== 'exclusive' })),
);

/** Which holds go together. */
export const lockModeCases: readonly LockCase[] = [
  ...pairs.map(({ first, second, together }): LockCase => ({
    name: `${first.mode} and then ${second.mode} ${together ? 'go together' : 'exclude each other'}`,
    async run({ connect, quiet, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      for (const next of [one, other]) {
        const key = harness.freshKey();
        const holder = ask(one.store, [first.key(key)]);
        await soon(holder.granted, 'a free key is granted');
        const asker = ask(next.store, [second.key(key)]);
        await (together ? soon(asker.granted, 'the second is granted beside the first') : quiet());
        assert.deepEqual([holder.state, asker.state], ['held', together ? 'held' : 'waiting']);
        holder.end();
        await soon(asker.granted, 'the second is granted once the first has ended');
        asker.end();
        await soon(asker.done, 'the second ends');
      }
    },
  })),
  {
    name: 'a limit is reached and never passed',
    async run({ connect, quiet, soon, harness }) {
      const connections = [await connect(), await connect()];
      const key = harness.freshKey();
      const asked = Array.from({ length: 9 }, (_, nth) => {
        const { store } = connections[nth % 2] ?? assert.fail();
        return ask(store, [limit(key, 3)]);
      });
      const held = () => asked.filter(({ state }) => state === 'held');
      for (let over = 0; over < asked.length; over += 1) {
        await quiet();
        assert.equal(held().length, Math.min(3, asked.length - over));
        const [next] = held();
        next?.end();
        await soon(next?.done ?? assert.fail(), 'it ends');
      }
    },
  },
  {
    name: 'where the limits of one name differ the smaller one counts',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      for (const [first, second] of [
        [1, 3],
        [3, 1],
      ] as const) {
        const key = harness.freshKey();
        const holder = ask(store, [limit(key, first)]);
        await soon(holder.granted, 'a free key is granted');
        const asker = ask(store, [limit(key, second)]);
        await quiet();
        assert.equal(asker.state, 'waiting');
        holder.end();
        await soon(asker.granted, 'the second is granted');
        asker.end();
      }
    },
  },
  {
    name: 'names are told apart, whatever their text',
    async run({ connect, soon, harness }) {
      const { store } = await connect();
      const key = harness.freshKey();
      const long = key + 'x'.repeat(10_000);
      const texts = [':', ' ', '*', '{a}', '\0', '"', '\\', '🫖', 'é', 'e\u0301', '/../', '%s', '\n'];
      const names = [key, `${long}a`, `${long}b`, 'constructor', '__proto__', ...texts.map((text) => key + text)];
      const asked = names.map((name) => ask(store, [exclusive(name)]));
      for (const one of asked) await soon(one.granted, 'each name is free');
      const again = names.map((name) => ask(store, [exclusive(name)]));
      for (const [nth, one] of asked.entries()) {
        assert.equal(again[nth]?.state, 'waiting');
        one.end();
        await soon(again[nth].granted, 'each name is granted to the next');
        again[nth].end();
      }
    },
  },
  {
    name: 'one name asked for twice in one call is one key, as exclusive as either',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      for (const mode of modes) {
        const key = harness.freshKey();
        const holder = ask(store, [mode.key(key), exclusive(key), mode.key(key)]);
        await soon(holder.granted, 'it does not wait for itself');
        const asker = ask(store, [mode.key(key)]);
        await quiet();
        assert.equal(asker.state, 'waiting');
        holder.end();
        await soon(asker.granted, 'the next is granted');
        asker.end();
      }
    },
  },
  {
    name: 'without a key nothing waits',
    async run({ connect, soon }) {
      const { store } = await connect();
      const asked = [ask(store, []), ask(store, [])];
      for (const one of asked) await soon(one.granted, 'no key is no lock');
      for (const one of asked) one.end();
    },
  },
];
