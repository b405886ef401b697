import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exclusive, limit, shared, type LockKey, type LockProvider } from '../../src/stores/lock.js';
import { createMemoryLockProvider } from '../../src/stores/memory/lock.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import { ask, type Asked } from '../../src/testing/stores/ask.js';
import { startRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

const key: fc.Arbitrary<LockKey> = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom(exclusive, shared, ...[1, 2, 3].map((holders) => (name: string) => limit(name, holders))),
  )
  .map(([name, mode]) => mode(name));

interface Step {
  readonly kind: 'ask' | 'nested' | 'end' | 'abort';
  readonly keys: readonly LockKey[];
  /** Which of those there are, whatever their number. */
  readonly nth: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'ask' as const,
    'ask' as const,
    'nested' as const,
    'nested' as const,
    'end' as const,
    'abort' as const,
  ),
  keys: fc.uniqueArray(key, { minLength: 0, maxLength: 3, selector: ({ name }) => name }),
  nth: fc.nat(1_000),
});

interface Player {
  readonly asked: Asked[];
  readonly ancestors: (readonly string[])[];
  readonly refused: Set<number>;
  play(step: Step): void;
}

function createPlayer(store: LockProvider): Player {
  const asked: Asked[] = [];
  const ancestors: (readonly string[])[] = [];
  const refused = new Set<number>();
  function add(keys: readonly LockKey[], above: readonly string[]): void {
    const nth = asked.length;
    const one = ask(store, keys, { owner: `owner ${nth}`, ancestors: above });
    one.done.catch((error: unknown) => {
      if ((error as { code?: string }).code === 'deadlock') refused.add(nth);
    });
    asked.push(one);
    ancestors.push(above);
  }
  return {
    asked,
    ancestors,
    refused,
    play({ kind, keys, nth }) {
      const chosen = asked.length > 0 ? nth % asked.length : -1;
      if (kind === 'ask' || (kind === 'nested' && chosen < 0)) add(keys, []);
      else if (kind === 'nested') add(keys, [...(ancestors[chosen] ?? []), `owner ${chosen}`]);
      else if (kind === 'end') asked[chosen]?.end();
      else asked[chosen]?.abort(new Error('gave up'));
    },
  };
}

function view({ asked, refused }: Player): string[] {
  return asked.map(({ state }, nth) => (refused.has(nth) ? 'deadlock' : state));
}

/** The last one waits for two that wait for each other, but neither of them for an ancestor of its own. */
const behindOthersWhoAreStuck: Step[] = [
  { kind: 'ask', keys: [], nth: 0 },
  { kind: 'ask', keys: [exclusive('a')], nth: 0 },
  { kind: 'ask', keys: [exclusive('a')], nth: 0 },
  { kind: 'nested', keys: [exclusive('a')], nth: 2 },
  { kind: 'end', keys: [], nth: 1 },
  { kind: 'nested', keys: [exclusive('a')], nth: 0 },
];

/** The last one has room: the smaller limit went with the one that had it. */
const afterASmallerLimit: Step[] = [
  { kind: 'ask', keys: [limit('a', 1)], nth: 0 },
  { kind: 'ask', keys: [limit('a', 2)], nth: 0 },
  { kind: 'end', keys: [], nth: 0 },
  { kind: 'nested', keys: [limit('a', 3)], nth: 1 },
];

test('whatever is asked for, Redis grants and refuses the same as memory does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const memory = createMemoryLockProvider();
      // Nothing lapses and no step is given up, however long a loaded machine takes.
      const patient = { leaseMs: 3_600_000, commandTimeoutMs: 60_000 };
      const remote = createRedisLockProvider({ url: redis.url, namespace: randomUUID(), ...patient });
      const [one, other] = [createPlayer(memory), createPlayer(remote)];
      try {
        for (const next of steps) {
          one.play(next);
          other.play(next);
          // Decided, and told: of this hold it is known that what was asked before is.
          await remote.hold(
            [],
            { signal: new AbortController().signal, owner: 'marker', ancestors: [] },
            async () => 0,
          );
          await expect.poll(() => view(other), { interval: 1 }).toEqual(view(one));
        }
      } finally {
        await memory.close();
        await remote.close();
        for (const { asked } of [one, other]) asked.forEach((each) => each.end());
      }
    }),
    // A failure says what was asked for, and does not try for minutes what else fails.
    { numRuns: 25, examples: [[behindOthersWhoAreStuck], [afterASmallerLimit]], endOnFailure: true },
  );
}, 120_000);
