import { expect, it } from 'vitest';
import {
  exclusive,
  shared,
  type Held,
  type HoldOptions,
  type LockKey,
  type LockProvider,
} from '../../src/stores/lock.js';
import { lockConformance, type LockHarness } from '../../src/testing/lock-conformance.js';
import { createLockHarness } from './memory-harness.js';
import { failuresOf } from './mutants.js';

type Work<T> = (held: Held) => Promise<T>;
type Hold = <T>(
  keys: readonly LockKey[],
  options: HoldOptions,
  work: Work<T>,
  right: LockProvider['hold'],
) => Promise<T>;

const never = (): AbortSignal => new AbortController().signal;

/** A harness whose providers hold in another way. */
const holding = (hold: Hold): LockHarness => {
  const harness = createLockHarness();
  return {
    ...harness,
    async connect() {
      const { store, crash } = await harness.connect();
      const wrong: LockProvider = {
        hold: (keys, options, work) => hold(keys, options, work, (...args) => store.hold(...args)),
        close: () => store.close(),
      };
      return { store: wrong, crash };
    },
  };
};

const keysBecome = (change: (key: LockKey) => LockKey): LockHarness =>
  holding((keys, options, work, right) => right(keys.map(change), options, work));

/** Each with what one of the cases that catch it says. */
const mutants: Record<string, { readonly harness: () => LockHarness; readonly caughtBy: string }> = {
  'locks nothing': {
    harness: () => holding((_keys, options, work, right) => right([], options, work)),
    caughtBy: 'exclude each other',
  },
  'never says that one has to wait': {
    harness: () => holding((keys, options, work, right) => right(keys, { ...options, onWait: undefined }, work)),
    caughtBy: 'who has to wait is told so',
  },
  'takes everybody for one who waits': {
    harness: () =>
      holding((keys, options, work, right) => {
        options.onWait?.();
        return right(keys, { ...options, onWait: undefined }, work);
      }),
    caughtBy: 'who has to wait is told so once, and nobody else is',
  },
  'takes shared for exclusive': {
    harness: () => keysBecome((key) => (key.mode === 'shared' ? exclusive(key.name) : key)),
    caughtBy: 'shared and then shared go together',
  },
  'takes exclusive for shared': {
    harness: () => keysBecome((key) => (key.mode === 'exclusive' ? shared(key.name) : key)),
    caughtBy: 'exclusive and then exclusive',
  },
  'takes a limit for shared': {
    harness: () => keysBecome((key) => (key.mode === 'limit' ? shared(key.name) : key)),
    caughtBy: 'a limit is reached and never passed',
  },
  'takes a limit for exclusive': {
    harness: () => keysBecome((key) => (key.mode === 'limit' ? exclusive(key.name) : key)),
    caughtBy: 'a limit is reached and never passed',
  },
  'lets one more than the limit in': {
    harness: () => keysBecome((key) => (key.mode === 'limit' ? { ...key, limit: key.limit + 1 } : key)),
    caughtBy: 'a limit is reached and never passed',
  },
  'cuts long names': {
    harness: () => keysBecome((key) => ({ ...key, name: key.name.slice(0, 100) })),
    caughtBy: 'names are told apart',
  },
  'takes equivalent texts for one name': {
    harness: () => keysBecome((key) => ({ ...key, name: key.name.normalize('NFC') })),
    caughtBy: 'names are told apart',
  },
  'holds only the first of several keys': {
    harness: () => holding((keys, options, work, right) => right(keys.slice(0, 1), options, work)),
    caughtBy: 'several keys are granted together',
  },
  'takes its keys one after the other': {
    harness: () =>
      holding(async (keys, options, work, right) => {
        const takeFrom = (nth: number): Promise<Awaited<ReturnType<typeof work>>> => {
          const key = keys[nth];
          if (!key) return right([], options, work) as Promise<Awaited<ReturnType<typeof work>>>;
          return right([key], options, () => takeFrom(nth + 1));
        };
        return takeFrom(0);
      }),
    caughtBy: 'opposite orders',
  },
  'lets go before the work ends': {
    harness: () =>
      holding(async (keys, options, work, right) => work(await right(keys, options, async (held) => held))),
    caughtBy: 'exclude each other',
  },
  'never lets go when the work fails': {
    harness: () =>
      holding(
        (keys, options, work, right) =>
          new Promise((resolve, reject) => {
            const holds = right(keys, options, async (held) => {
              const outcome = Promise.resolve().then(() => work(held));
              return outcome.then(resolve, (error: unknown) => {
                reject(error);
                return new Promise<void>(() => undefined);
              });
            });
            holds.catch(reject);
          }),
      ),
    caughtBy: 'the lock ends with its work',
  },
  'swallows what the work throws': {
    harness: () =>
      holding((keys, options, work, right) =>
        right(keys, options, (held) =>
          Promise.resolve()
            .then(() => work(held))
            .catch(() => undefined as never),
        ),
      ),
    caughtBy: 'the lock ends with its work',
  },
  'cannot be given up': {
    harness: () => holding((keys, options, work, right) => right(keys, { ...options, signal: never() }, work)),
    caughtBy: 'who gives up waiting',
  },
  'leaves who gave up in the line': {
    harness: () =>
      holding((keys, { signal, ...options }, work, right) => {
        let gone = false;
        const turn = right(keys, { ...options, signal: never() }, (held) => (gone ? (undefined as never) : work(held)));
        return new Promise((resolve, reject) => {
          const onAbort = (): void => {
            gone = true;
            reject(signal.reason as Error);
          };
          if (signal.aborted) onAbort();
          signal.addEventListener('abort', onAbort);
          turn.then(resolve, reject);
        });
      }),
    caughtBy: 'those behind move up',
  },
  'ends a lock when its waiting is given up too late': {
    harness: () =>
      holding((keys, { signal, ...options }, work, right) =>
        right(keys, { signal, ...options }, (held) => {
          const given = new Promise<never>((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
          return Promise.race([work(held), given]);
        }),
      ),
    caughtBy: 'giving up after the grant changes nothing',
  },
  'gives everybody the same fence': {
    harness: () => holding((keys, options, work, right) => right(keys, options, (held) => work({ ...held, fence: 1 }))),
    caughtBy: 'fences rise',
  },
  'counts fences per process': {
    harness: () => {
      const fences = new WeakMap<LockProvider['hold'], number>();
      const harness = createLockHarness();
      return {
        ...harness,
        async connect() {
          const { store, crash } = await harness.connect();
          const hold: LockProvider['hold'] = (keys, options, work) =>
            store.hold(keys, options, (held) => {
              const fence = (fences.get(hold) ?? 0) + 1;
              fences.set(hold, fence);
              return work({ ...held, fence });
            });
          return { store: { hold, close: () => store.close() }, crash };
        },
      };
    },
    caughtBy: 'fences rise',
  },
  'never tells a stale holder': {
    harness: () =>
      holding((keys, options, work, right) => right(keys, options, ({ fence }) => work({ fence, signal: never() }))),
    caughtBy: 'told in time',
  },
  'keeps what a crashed process held': {
    harness: () => {
      const harness = createLockHarness();
      return { ...harness, connect: async () => ({ ...(await harness.connect()), crash: async () => undefined }) };
    },
    caughtBy: 'goes to the next after a lease',
  },
  'lets a lease lapse though its holder is alive': {
    harness: () => {
      const harness = createLockHarness();
      return {
        ...harness,
        async connect() {
          const connection = await harness.connect();
          harness.clock.after(harness.leaseMs, () => void connection.store.close());
          return connection;
        },
      };
    },
    caughtBy: 'a holder that is alive',
  },
  'frees at once what a crashed process held': {
    harness: () => {
      const harness = createLockHarness();
      const connect = async () => {
        const connection = await harness.connect();
        return { ...connection, crash: () => connection.crash().then(() => harness.clock.advance(harness.leaseMs)) };
      };
      return { ...harness, connect };
    },
    caughtBy: 'goes to the next after a lease',
  },
  'knows no ancestors': {
    harness: () => holding((keys, options, work, right) => right(keys, { ...options, ancestors: [] }, work)),
    caughtBy: 'a key that an ancestor holds',
  },
  'refuses whatever an ancestor holds': {
    harness: () => {
      const held = new Map<string, Set<string>>();
      return holding((keys, options, work, right) =>
        right(
          keys.map(({ name }) =>
            options.ancestors.some((ancestor) => held.get(name)?.has(ancestor))
              ? exclusive(name)
              : keyNamed(keys, name),
          ),
          options,
          (granted) => {
            for (const { name } of keys) held.set(name, (held.get(name) ?? new Set()).add(options.owner));
            return work(granted);
          },
        ),
      );
    },
    caughtBy: 'shares what its ancestor shares',
  },
  'remembers every name': {
    harness: () => {
      const names = new Set<string>();
      const wrong = holding((keys, options, work, right) => {
        for (const { name } of keys) names.add(name);
        return right(keys, options, work);
      });
      return { ...wrong, entries: async () => names.size };
    },
    caughtBy: 'an idle key leaves nothing behind',
  },
  'lets readers pass a writer that waits': {
    harness: () => {
      const readers = new Map<string, number>();
      return holding((keys, options, work, right) => {
        const [key] = keys;
        if (keys.length !== 1 || key?.mode !== 'shared') return right(keys, options, work);
        const count = (by: number) => readers.set(key.name, (readers.get(key.name) ?? 0) + by);
        const counted: typeof work = (held) => {
          count(1);
          return work(held).finally(() => count(-1));
        };
        return (readers.get(key.name) ?? 0) > 0 ? right([], options, counted) : right(keys, options, counted);
      });
    },
    caughtBy: 'a shared key waits behind an exclusive one',
  },
};

function keyNamed(keys: readonly LockKey[], name: string): LockKey {
  return keys.find((key) => key.name === name) ?? exclusive(name);
}

it.for(Object.entries(mutants))('a provider that %s is caught', async ([, { harness, caughtBy }]) => {
  const cases = lockConformance(harness()).filter(({ name }) => name.includes(caughtBy));
  expect(await failuresOf(cases)).not.toEqual([]);
});

it('a provider wrapped like the broken ones, but right, passes', async () => {
  const wrapped = holding((keys, options, work, right) => right(keys, options, work));
  expect(await failuresOf(lockConformance(wrapped))).toEqual([]);
});
