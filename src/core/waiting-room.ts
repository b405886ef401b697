import type { LockKey } from '../stores/lock.js';
import { RpcError } from './errors.js';

/** Bounds those who wait for a lock or for a running duplicate, so that they never fill the intake. */
export interface WaitingRoom {
  /** @throws RpcError `busy` if it, or the line for one of `keys`, is full. */
  enter(keys: readonly LockKey[], id: string): void;
  leave(keys: readonly LockKey[]): void;
  size(): number;
}

/** Places kept free for the requests that waiters wait for, such as a nested call of a lock's holder. */
const reserved = 16;

export function createWaitingRoom(limits: { maxWaiting: number; maxWaitingPerKey: number }): WaitingRoom {
  const places = Math.max(1, limits.maxWaiting - reserved);
  const lines = new Map<string, number>();
  let size = 0;

  function busy(what: string, bound: number, id: string): RpcError {
    return new RpcError('busy', `expected at most ${bound} requests to wait ${what}; try again later`, {
      id,
      outcome: 'not_executed',
    });
  }

  return {
    enter(keys, id) {
      if (size >= places) throw busy('in this worker', places, id);
      for (const { name, mode } of keys) {
        // A counting key has no bound of its own: hundreds may wait to run five at a time.
        if (mode !== 'limit' && (lines.get(name) ?? 0) >= limits.maxWaitingPerKey) {
          throw busy('for one lock', limits.maxWaitingPerKey, id);
        }
      }
      size++;
      for (const { name } of keys) lines.set(name, (lines.get(name) ?? 0) + 1);
    },
    leave(keys) {
      size--;
      for (const { name } of keys) {
        const left = (lines.get(name) ?? 1) - 1;
        if (left === 0) lines.delete(name);
        else lines.set(name, left);
      }
    },
    size() {
      return size;
    },
  };
}
