import assert from 'node:assert/strict';
import { RpcError } from '../../core/errors.js';
import { exclusive, limit, shared, type LockKey } from '../../stores/lock.js';
import { ask } from './ask.js';
import type { LockCase } from '../lock-conformance.js';

const deadlock = (error: unknown): boolean =>
  error instanceof RpcError && error.code === 'deadlock' && error.outcome === 'not_executed';

type Key = (name: string) => LockKey;

const two: Key = (name) => limit(name, 2);
const excluding: readonly (readonly [Key, Key])[] = [
  [exclusive, exclusive],
  [exclusive, shared],
  [exclusive, two],
  [shared, exclusive],
  [shared, two],
  [two, exclusive],
  [two, shared],
  [(name) => limit(name, 1), (name) => limit(name, 1)],
];

/** Nested requests, whose ancestors wait for them. */
export const lockAncestorCases: readonly LockCase[] = [
  {
    name: 'a key that an ancestor holds is refused at once where it would never come free',
    async run({ connect, soon, harness }) {
      const [one, other] = [await connect(), await connect()];
      for (const [held, wanted] of excluding) {
        const [key, free] = [harness.freshKey(), harness.freshKey()];
        const parent = ask(one.store, [held(key)], { owner: 'parent' });
        await soon(parent.granted, 'a free key is granted');
        for (const { store } of [one, other]) {
          const ancestors = ['root', 'parent'];
          const child = ask(store, [exclusive(free), wanted(key)], { owner: 'child', ancestors });
          await soon(assert.rejects(child.done, deadlock), 'the child is refused as a deadlock');
        }
        const next = ask(other.store, [exclusive(free)]);
        await soon(next.granted, 'a refused child leaves its other keys free');
        next.end();
        parent.end();
        await soon(Promise.all([next.done, parent.done]), 'all end');
      }
    },
  },
  {
    name: 'a nested request shares what its ancestor shares, also before an exclusive one that waits',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      for (const joined of [shared, two]) {
        const key = harness.freshKey();
        const parent = ask(store, [joined(key)], { owner: 'parent' });
        await soon(parent.granted, 'a free key is granted');
        const writer = ask(store, [exclusive(key)]);
        await quiet();
        const child = ask(store, [joined(key)], { owner: 'child', ancestors: ['parent'] });
        await soon(child.granted, 'the child is granted beside its parent');
        child.end();
        await soon(child.done, 'the child ends');
        parent.end();
        await soon(writer.granted, 'the exclusive one comes then');
        writer.end();
      }
    },
  },
  {
    name: 'an ancestor counts as one of the holders of a limit',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const key = two(harness.freshKey());
      const parent = ask(store, [key], { owner: 'parent' });
      const stranger = ask(store, [key], { owner: 'stranger' });
      await soon(Promise.all([parent.granted, stranger.granted]), 'two of two are granted');
      const child = ask(store, [key], { owner: 'child', ancestors: ['parent'] });
      await quiet();
      assert.equal(child.state, 'waiting');
      stranger.end();
      await soon(child.granted, 'the child takes the place of the stranger');
      const grandchild = ask(store, [key], { owner: 'grandchild', ancestors: ['parent', 'child'] });
      await soon(assert.rejects(grandchild.done, deadlock), 'with all places at ancestors it is a deadlock');
      child.end();
      parent.end();
    },
  },
  {
    name: 'a nested request waits like any other for keys that no ancestor holds',
    async run({ connect, quiet, soon, harness }) {
      const { store } = await connect();
      const key = exclusive(harness.freshKey());
      const parent = ask(store, [exclusive(harness.freshKey())], { owner: 'parent' });
      const stranger = ask(store, [key], { owner: 'stranger' });
      const child = ask(store, [key], { owner: 'child', ancestors: ['parent'] });
      await quiet();
      assert.equal(child.state, 'waiting');
      stranger.end();
      await soon(child.granted, 'the child gets its turn');
      child.end();
      parent.end();
    },
  },
];
