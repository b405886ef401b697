import assert from 'node:assert/strict';

/** How a conformance suite gets at a store, and moves its time. */
export interface StoreHarness<Store> {
  /** One more process connected to the same store. */
  connect(): Promise<StoreConnection<Store>>;
  /** Time passes: a manual clock moves, a real one is waited for. */
  advance(ms: number): Promise<void>;
  /** After how long something not renewed is lost, in milliseconds. */
  readonly leaseMs: number;
  /** A key that was never used before. */
  freshKey(): string;
  /** For how many keys the store has an entry now. */
  entries(): Promise<number>;
  /** Resolves after so long, without `advance`, that what has not happened by then never will; at once when aborted. */
  patience(signal: AbortSignal): Promise<void>;
  destroy(): Promise<void>;
}

export interface StoreConnection<Store> {
  readonly store: Store;
  /** Nothing is renewed from now on, as in a process that stands still; what its work does later still arrives. */
  readonly crash: () => Promise<void>;
}

/** One behaviour that every store has. `run` rejects where this one has it not. */
export interface StoreCase {
  /** A sentence. */
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a case works with. */
export interface StoreContext<Store, Harness extends StoreHarness<Store>> {
  readonly harness: Harness;
  /** Connected for this case, and crashed at its end. */
  readonly connect: () => Promise<StoreConnection<Store>>;
  /** What `promise` resolves with, or a failure that says that `what` did not happen. */
  readonly soon: <T>(promise: Promise<T>, what: string) => Promise<T>;
  /** Resolves after every connection has had a few answers about other keys: what it asked before is decided too. */
  readonly quiet: () => Promise<void>;
}

export interface StoreCaseBody<Store, Harness extends StoreHarness<Store>> {
  readonly name: string;
  readonly run: (context: StoreContext<Store, Harness>) => Promise<void>;
}

/** Three: one to ask, one for what the answer sets off, one for what that sets off. */
const markers = 3;

export function storeCases<Store, Harness extends StoreHarness<Store>>(
  harness: Harness,
  bodies: readonly StoreCaseBody<Store, Harness>[],
  marker: (store: Store, key: string) => Promise<unknown>,
): StoreCase[] {
  return bodies.map(({ name, run }) => ({ name, run: () => runCase(harness, run, marker) }));
}

async function runCase<Store, Harness extends StoreHarness<Store>>(
  harness: Harness,
  run: (context: StoreContext<Store, Harness>) => Promise<void>,
  marker: (store: Store, key: string) => Promise<unknown>,
): Promise<void> {
  const connections = new Set<StoreConnection<Store>>();
  async function connect(): Promise<StoreConnection<Store>> {
    const { store, crash } = await harness.connect();
    const connection = {
      store,
      crash() {
        connections.delete(connection);
        return crash();
      },
    };
    connections.add(connection);
    return connection;
  }
  async function quiet(): Promise<void> {
    for (let round = 0; round < markers; round += 1) {
      for (const { store } of connections) await marker(store, harness.freshKey());
    }
  }
  try {
    await run({ harness, connect, quiet, soon: (promise, what) => soon(harness, promise, what) });
  } finally {
    for (const { crash } of connections) await crash();
  }
}

async function soon<Store, T>(harness: StoreHarness<Store>, promise: Promise<T>, what: string): Promise<T> {
  const over = new AbortController();
  const late = harness.patience(over.signal).then((): never => {
    throw new assert.AssertionError({ message: `expected that ${what}, got nothing for too long` });
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}
