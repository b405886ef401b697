import { createHash } from 'node:crypto';

/** One resource that a request touches, and how. All actions share one namespace of names. */
export type LockKey =
  | { readonly mode: 'exclusive'; readonly name: string }
  | { readonly mode: 'shared'; readonly name: string }
  | { readonly mode: 'limit'; readonly name: string; readonly limit: number };

/** Nobody else holds `name` meanwhile, in any mode. */
export function exclusive(name: string): LockKey {
  return { mode: 'exclusive', name: checkedName(name) };
}

/** Others may hold `name` as shared too, nobody exclusively. */
export function shared(name: string): LockKey {
  return { mode: 'shared', name: checkedName(name) };
}

/** At most `holders` hold `name` at once: hundreds of restarts run five at a time. A name keeps one limit everywhere. */
export function limit(name: string, holders: number): LockKey {
  if (!Number.isSafeInteger(holders) || holders < 1) {
    throw new TypeError(
      `expected the limit of lock ${JSON.stringify(name)} to be an integer of at least 1, got ${holders}`,
    );
  }
  return { mode: 'limit', name: checkedName(name), limit: holders };
}

const longestName = 200;

function checkedName(name: unknown): string {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`expected a lock name to be a non-empty string, got ${name === '' ? "''" : typeof name}`);
  }
  if (name.length <= longestName) return name;
  // A store's keys are short; a digest keeps long names apart.
  return `${name.slice(0, 100)}#${createHash('sha256').update(name).digest('hex')}`;
}

export interface HoldOptions {
  /** Gives up waiting; `hold` then rejects with the signal's reason. Without effect once `work` has begun. */
  readonly signal: AbortSignal;
  /** Who waits and holds: the request's message id. */
  readonly owner: string;
  /** The message ids of the requests that wait for this one. A key held by one of them would never come free. */
  readonly ancestors: readonly string[];
  /** Called, at most once, when the locks are not free and this one has to wait for its turn. */
  readonly onWait?: (() => void) | undefined;
}

export interface Held {
  /** Aborts once the lock can no longer be relied on: its lease was not renewed in time. Absent where that cannot happen. */
  readonly signal?: AbortSignal;
  /** Aborts `signal` now if that is so. A process that stood still may go on before the timers run that would tell. */
  readonly check?: () => void;
  /** Larger for each later grant of the store: a resource that remembers the largest refuses late writers. */
  readonly fence: number;
}

/** Keeps conflicting work apart. */
export interface LockProvider {
  /**
   * Runs `work` while holding all `keys`, granted at once, first come first served; resolves as `work` does. The locks
   * end with the work, however it ends. Equal names in one call are one: an exclusive mode wins over a shared one.
   * @throws RpcError `deadlock` if an ancestor holds one of the keys in a mode that excludes this one;
   * `unavailable`, not_executed, if the store cannot be reached.
   */
  hold<T>(keys: readonly LockKey[], options: HoldOptions, work: (held: Held) => Promise<T>): Promise<T>;
  /** Stops renewing: what is still held lapses with its lease. Idempotent. */
  close(): Promise<void>;
}
