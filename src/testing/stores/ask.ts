import type { Held, LockKey, LockProvider } from '../../stores/lock.js';

/** One `hold` whose work goes on until the case ends it. */
export interface Asked {
  readonly state: 'waiting' | 'held' | 'over';
  readonly granted: Promise<Held>;
  /** What `hold` resolves or rejects with. */
  readonly done: Promise<unknown>;
  end(value?: unknown): void;
  fail(error: Error): void;
  abort(reason: Error): void;
}

export interface AskOptions {
  readonly owner?: string;
  readonly ancestors?: readonly string[];
  /** Instead of the one that `abort` aborts. */
  readonly signal?: AbortSignal;
  readonly onWait?: () => void;
}

export function ask(store: LockProvider, keys: readonly LockKey[], options: AskOptions = {}): Asked {
  const { owner = 'someone', ancestors = [], onWait } = options;
  const controller = new AbortController();
  const { signal = controller.signal } = options;
  let state: Asked['state'] = 'waiting';
  let end: (value?: unknown) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<unknown>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  let grant: (held: Held) => void = () => undefined;
  const granted = new Promise<Held>((resolve) => (grant = resolve));
  const done = store
    .hold(keys, { signal, owner, ancestors, onWait }, (held) => {
      state = 'held';
      grant(held);
      return ended;
    })
    .finally(() => (state = 'over'));
  // Whether it rejects is looked at where it matters; a rejection nobody looks at must not end the process.
  done.catch(() => undefined);
  ended.catch(() => undefined);
  return {
    get state() {
      return state;
    },
    granted,
    done,
    end: (value) => end(value),
    fail: (error) => fail(error),
    abort: (reason) => controller.abort(reason),
  };
}
