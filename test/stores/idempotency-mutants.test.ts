import { expect, it } from 'vitest';
import type { Abandoned, Claim, IdempotencyStore, Running, Settled } from '../../src/stores/idempotency.js';
import { idempotencyConformance, type IdempotencyHarness } from '../../src/testing/idempotency-conformance.js';
import { createIdempotencyHarness } from './memory-harness.js';
import { failuresOf } from './mutants.js';

/** As the store, in functions that may be taken apart. */
interface RightStore {
  readonly read: (key: string) => ReturnType<IdempotencyStore['read']>;
  readonly claim: (...args: Parameters<IdempotencyStore['claim']>) => ReturnType<IdempotencyStore['claim']>;
}

type Found = { readonly state: 'none' } | { readonly state: 'mismatch' } | Claim | Running | Abandoned | Settled;

/** A harness whose stores are wrong in one way. */
function storing(
  change: (right: RightStore) => Partial<RightStore> & Pick<IdempotencyStore, 'remembersMs'>,
): IdempotencyHarness {
  const harness = createIdempotencyHarness();
  return {
    ...harness,
    async connect() {
      const { store, crash } = await harness.connect();
      const right: RightStore = {
        read: (key) => store.read(key),
        claim: (key, fingerprint, owner) => store.claim(key, fingerprint, owner),
      };
      const wrong = { durable: false, ...right, ...change(right), close: () => store.close() };
      return { store: wrong, crash };
    },
  };
}

/** A harness whose stores change what they find in one way. */
function finding(change: <F extends Found>(found: F) => F): IdempotencyHarness {
  const claimed = (claim: Claim): Claim => change(claim);
  const deep = <F extends Found>(found: F): F => {
    const changed = change(found);
    if (changed.state !== 'abandoned') return changed;
    const takeOver = async (): Promise<Claim | 'lost'> => {
      const claim = await changed.takeOver();
      return claim === 'lost' ? claim : claimed(claim);
    };
    return { ...changed, takeOver };
  };
  return storing(({ read, claim }) => ({
    read: async (key) => deep(await read(key)),
    claim: async (key, fingerprint, owner) => deep(await claim(key, fingerprint, owner)),
  }));
}

const asClaim = (change: (claim: Claim) => Partial<Claim>) =>
  finding((found) => (found.state === 'fresh' ? { ...found, ...change(found) } : found));
const asRunning = (change: (running: Running) => Partial<Running>) =>
  finding((found) => (found.state === 'running' ? { ...found, ...change(found) } : found));
const asAbandoned = (change: (abandoned: Abandoned) => Partial<Abandoned>) =>
  finding((found) => (found.state === 'abandoned' ? { ...found, ...change(found) } : found));

let copies = 0;

/** Each with what the name of a case that catches it has in it. */
const mutants: Record<string, { readonly harness: () => IdempotencyHarness; readonly caughtBy: string }> = {
  'remembers nothing': {
    harness: () =>
      storing(({ claim }) => ({
        claim: (key, fingerprint, owner) => claim(`${key}#${(copies += 1)}`, fingerprint, owner),
      })),
    caughtBy: 'an unknown key is taken, once',
  },
  'says for how long it remembers starts, and forgets them': {
    harness: () => storing(() => ({ remembersMs: 1_000 })),
    caughtBy: 'a key released after its start',
  },
  'compares no fingerprints': {
    harness: () => storing(({ claim }) => ({ claim: (key, _fingerprint, owner) => claim(key, 'fp', owner) })),
    caughtBy: 'another request with the same key',
  },
  'cuts long keys': {
    harness: () =>
      storing(({ read, claim }) => ({
        read: (key) => read(key.slice(0, 200)),
        claim: (key, fingerprint, owner) => claim(key.slice(0, 200), fingerprint, owner),
      })),
    caughtBy: 'keys are told apart',
  },
  'keeps answers as Latin-1': {
    harness: () =>
      asClaim((claim) => ({ settle: (reply) => claim.settle(Buffer.from(reply, 'latin1').toString('latin1')) })),
    caughtBy: 'to the letter',
  },
  'marks a key as done before the work': {
    harness: () =>
      storing(({ claim }) => ({
        async claim(key, fingerprint, owner) {
          const found = await claim(key, fingerprint, owner);
          if (found.state === 'fresh') await found.settle('');
          return found;
        },
      })),
    caughtBy: 'an unknown key is taken, once',
  },
  'records no answer': {
    harness: () => asClaim((claim) => ({ settle: () => claim.release().then(() => 'recorded') })),
    caughtBy: 'what was settled is answered',
  },
  'keeps a released key': {
    harness: () => asClaim(() => ({ release: async () => undefined })),
    caughtBy: 'a released key is as good as new',
  },
  'says that a stale answer was recorded': {
    harness: () => asClaim((claim) => ({ settle: (reply) => claim.settle(reply).then(() => 'recorded') })),
    caughtBy: 'who lost its claim records nothing',
  },
  'lets a stale owner overwrite the answer': {
    harness: () => {
      const replies = new Map<string, string>();
      return storing(({ read, claim }) => {
        const open = (key: string, found: Claim): Claim => ({
          ...found,
          async settle(reply) {
            replies.set(key, reply);
            return found.settle(reply);
          },
        });
        const seen = async (key: string) => {
          const found = await read(key);
          if (found.state === 'settled') return { ...found, reply: replies.get(key) ?? found.reply };
          if (found.state !== 'abandoned') return found;
          const takeOver = async () => {
            const taken = await found.takeOver();
            return taken === 'lost' ? taken : open(key, taken);
          };
          return { ...found, takeOver };
        };
        return {
          read: seen,
          async claim(key, fingerprint, owner) {
            const found = await claim(key, fingerprint, owner);
            return found.state === 'fresh' ? open(key, found) : found;
          },
        };
      });
    },
    caughtBy: 'who lost its claim records nothing',
  },
  'never wakes who waits': {
    harness: () =>
      asRunning(() => ({
        changed: (signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      })),
    caughtBy: 'who waits is woken',
  },
  'wakes who waits for nothing': {
    harness: () => asRunning(() => ({ changed: async () => undefined })),
    caughtBy: 'who waits is woken',
  },
  'misses what changed before the wait began': {
    harness: () => {
      const current = new Map<string, Running>();
      return storing(({ read }) => ({
        async read(key) {
          const found = await read(key);
          if (found.state !== 'running') return found;
          current.set(key, found);
          return {
            ...found,
            async changed(signal) {
              const now = await read(key);
              if (now.state === 'running') return now.changed(signal);
              return new Promise<void>(() => undefined);
            },
          };
        },
      }));
    },
    caughtBy: 'who starts to wait after the change',
  },
  'does not let go who gave up waiting': {
    harness: () => asRunning((running) => ({ changed: () => running.changed(new AbortController().signal) })),
    caughtBy: 'who waits may give up',
  },
  'never tells a stale owner': {
    harness: () => asClaim(() => ({ signal: new AbortController().signal })),
    caughtBy: 'its owner is told before',
  },
  'counts every start as the first': {
    harness: () => asClaim(() => ({ starts: 1 })),
    caughtBy: 'starts are counted',
  },
  'lets everybody take over': {
    harness: () =>
      asAbandoned((abandoned) => ({
        async takeOver() {
          const taken = await abandoned.takeOver();
          if (taken !== 'lost') return taken;
          const nothing = async () => undefined;
          return { state: 'fresh', starts: 2, settle: async () => 'recorded', release: nothing, abandon: nothing };
        },
      })),
    caughtBy: 'of two that take over at once',
  },
  'parks what somebody took over': {
    harness: () => asAbandoned((abandoned) => ({ park: (reply) => abandoned.park(reply).then(() => 'parked') })),
    caughtBy: 'of one that takes over and one that parks',
  },
  'forgets what is parked': {
    harness: () =>
      asAbandoned((abandoned) => ({
        async park() {
          const taken = await abandoned.takeOver();
          if (taken === 'lost') return taken;
          await taken.release();
          return 'parked';
        },
      })),
    caughtBy: 'what is parked is answered',
  },
  'never gives up on a crashed owner': {
    harness: () => {
      const harness = createIdempotencyHarness();
      return { ...harness, connect: async () => ({ ...(await harness.connect()), crash: async () => undefined }) };
    },
    caughtBy: 'a crashed run is abandoned',
  },
  'abandons a run at once when its process crashes': {
    harness: () => {
      const harness = createIdempotencyHarness();
      const connect = async () => {
        const connection = await harness.connect();
        return { ...connection, crash: () => connection.crash().then(() => harness.clock.advance(harness.leaseMs)) };
      };
      return { ...harness, connect };
    },
    caughtBy: 'a crashed run is abandoned',
  },
  'does not renew its leases': {
    harness: () => {
      const harness = createIdempotencyHarness();
      return {
        ...harness,
        async connect() {
          const connection = await harness.connect();
          harness.clock.after(harness.leaseMs, () => void connection.store.close());
          return connection;
        },
      };
    },
    caughtBy: 'a process that is alive keeps its claim',
  },
  'keeps answers for ever': {
    harness: () => {
      const harness = createIdempotencyHarness();
      return { ...harness, keepMs: harness.keepMs / 10 };
    },
    caughtBy: 'answers are kept for their time',
  },
  'forgets answers too soon': {
    harness: () => {
      const harness = createIdempotencyHarness();
      return { ...harness, keepMs: harness.keepMs * 10 };
    },
    caughtBy: 'answers are kept for their time',
  },
  'remembers every key': {
    harness: () => {
      const keys = new Set<string>();
      const wrong = storing(({ claim }) => ({
        claim: (key, fingerprint, owner) => (keys.add(key), claim(key, fingerprint, owner)),
      }));
      return { ...wrong, entries: async () => keys.size };
    },
    caughtBy: 'a released key leaves nothing behind',
  },
};

it.for(Object.entries(mutants))('a store that %s is caught', async ([, { harness, caughtBy }]) => {
  const cases = idempotencyConformance(harness()).filter(({ name }) => name.includes(caughtBy));
  expect(await failuresOf(cases)).not.toEqual([]);
});

it('a store wrapped like the broken ones, but right, passes', async () => {
  expect(await failuresOf(idempotencyConformance(finding((found) => found)))).toEqual([]);
});
