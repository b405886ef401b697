import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exclusive, limit, shared, type LockKey } from '../../src/stores/lock.js';
import { createMemoryLockProvider, createMemoryLockState } from '../../src/stores/memory/lock.js';
import { createManualClock } from '../../src/testing/manual-clock.js';
import { ask, type Asked } from '../../src/testing/stores/ask.js';
import { turnOfTheLoop } from './memory-harness.js';

const names = ['a', 'b', 'c', 'd'];
const capacity = 2;

const key: fc.Arbitrary<LockKey> = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom(exclusive, shared, (name: string) => limit(name, capacity)),
  )
  .map(([name, mode]) => mode(name));
const keys = fc.uniqueArray(key, { minLength: 0, maxLength: 3, selector: ({ name }) => name });
/** Picks one of those there are, whatever their number. */
const pick = fc.nat(1_000);

type Step =
  | { readonly kind: 'ask'; readonly keys: readonly LockKey[]; readonly process: number }
  | { readonly kind: 'end' | 'abort' | 'fail'; readonly nth: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), keys, process: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), nth: pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('abort' as const, 'fail' as const), nth: pick }) },
);

/** The rule in its plainest form: everybody in order of arrival, holding once nobody ahead excludes it. */
function holders(line: readonly (readonly LockKey[])[]): boolean[] {
  return line.map((wanted, nth) => wanted.every((one) => isFree(one, line.slice(0, nth).flat())));
}

function isFree(wanted: LockKey, ahead: readonly LockKey[]): boolean {
  const there = ahead.filter(({ name }) => name === wanted.name);
  if (wanted.mode === 'exclusive' || there.some(({ mode }) => mode !== wanted.mode)) return there.length === 0;
  return wanted.mode === 'shared' || there.length < capacity;
}

function createProcesses() {
  const [clock, state] = [createManualClock(), createMemoryLockState()];
  const stores = [createMemoryLockProvider({ clock, state }), createMemoryLockProvider({ clock, state })] as const;
  return { clock, state, stores };
}

it('at every moment exactly those hold whom nobody ahead excludes, and nobody starves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, state, stores } = createProcesses();
      let line: { readonly keys: readonly LockKey[]; readonly asked: Asked }[] = [];
      const check = async (): Promise<void> => {
        for (let turn = 0; turn < 2; turn += 1) await turnOfTheLoop();
        line = line.filter(({ asked }) => asked.state !== 'over');
        expect(line.map(({ asked }) => asked.state === 'held')).toEqual(holders(line.map((one) => one.keys)));
      };
      for (const one of steps) {
        if (one.kind === 'ask') {
          const store = stores[one.process];
          if (store) line.push({ keys: one.keys, asked: ask(store, one.keys) });
        } else {
          const asked = line[one.nth % (line.length || 1)]?.asked;
          if (one.kind === 'abort') asked?.abort(new Error('gave up'));
          else if (asked?.state === 'held') asked[one.kind](new Error('over'));
        }
        await check();
      }
      while (line.length > 0) {
        const held = line.find(({ asked }) => asked.state === 'held');
        expect(held, 'somebody who holds, as long as anybody waits').toBeDefined();
        held?.asked.end();
        await check();
      }
      expect([state.size, clock.pending()]).toEqual([0, 0]);
    }),
    { numRuns: 200 },
  );
});

it('however requests nest, there is always one that can end', async () => {
  const asks = fc.array(fc.record({ keys, process: fc.nat(1), parent: pick, nests: fc.boolean() }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(asks, fc.infiniteStream(pick), async (wanted, picks) => {
      const { state, stores } = createProcesses();
      interface Node {
        readonly owner: string;
        readonly ancestors: readonly string[];
        readonly asked: Asked;
      }
      let open: Node[] = [];
      const fences: number[] = [];
      const settle = async (): Promise<void> => {
        for (let turn = 0; turn < 2; turn += 1) await turnOfTheLoop();
        open = open.filter(({ asked }) => asked.state !== 'over');
      };
      for (const [nth, { keys: some, process, parent, nests }] of wanted.entries()) {
        const above = nests ? open.filter(({ asked }) => asked.state === 'held') : [];
        const from = above[parent % (above.length || 1)];
        const ancestors = from ? [...from.ancestors, from.owner] : [];
        const owner = `request-${nth}`;
        const store = stores[process];
        if (!store) continue;
        const asked = ask(store, some, { owner, ancestors });
        void asked.granted.then(({ fence }) => fences.push(fence));
        open.push({ owner, ancestors, asked });
        await settle();
      }
      for (const next of picks) {
        if (open.length === 0) break;
        // A request ends only after those it waits for.
        const ready = open.filter(
          ({ owner, asked }) => asked.state === 'held' && !open.some(({ ancestors }) => ancestors.includes(owner)),
        );
        expect(ready.length, 'requests that can end').toBeGreaterThan(0);
        ready[next % ready.length]?.asked.end();
        await settle();
      }
      expect(state.size).toBe(0);
      expect(fences).toEqual([...fences].sort((one, other) => one - other));
    }),
    { numRuns: 300 },
  );
});

it('without nesting nobody is ever refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(keys, { maxLength: 30 }), async (all) => {
      const [one, other] = createProcesses().stores;
      const options = { signal: new AbortController().signal, ancestors: [] };
      const done = all.map((some, nth) =>
        (nth % 2 === 0 ? one : other).hold(some, { ...options, owner: `${nth}` }, async () => nth),
      );
      expect(await Promise.all(done)).toEqual([...all.keys()]);
    }),
    { numRuns: 100 },
  );
});
