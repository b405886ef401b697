import { onAbort } from './abort.js';

/** Bounds the runs of one action, beside the bound of the worker. */
export interface ActionLimit {
  free: number;
}

/**
 * How many handlers run at once. A slot is granted together with one of its action's, so that nobody holds the one
 * while it waits for the other. Waiters are served in turn over lanes: one flooded lane starves no other.
 */
export interface Slots {
  /** True if a slot was free, and now is taken. */
  tryTake(own: ActionLimit | undefined): boolean;
  /** Waits for a slot. Rejects with the signal's reason, and gives up its place, when that aborts. */
  take(lane: string, own: ActionLimit | undefined, signal: AbortSignal): Promise<void>;
  free(own: ActionLimit | undefined): void;
  waiting(): number;
}

interface Waiter {
  readonly own: ActionLimit | undefined;
  readonly grant: () => void;
}

export function createSlots(size: number): Slots {
  const lanes = new Map<string, Set<Waiter>>();
  let free = size;
  let waiting = 0;

  function tryTake(own: ActionLimit | undefined): boolean {
    if (free === 0 || own?.free === 0) return false;
    free--;
    if (own) own.free--;
    return true;
  }

  function leave(lane: string, waiter: Waiter): void {
    const line = lanes.get(lane);
    if (!line?.delete(waiter)) return;
    waiting--;
    if (line.size === 0) lanes.delete(lane);
  }

  /** Grants to the first that can have it, of the lane whose turn it is; that lane goes to the back. */
  function grantNext(): void {
    for (const [lane, line] of lanes) {
      for (const waiter of line) {
        if (!tryTake(waiter.own)) continue;
        leave(lane, waiter);
        if (lanes.delete(lane)) lanes.set(lane, line);
        return waiter.grant();
      }
    }
  }

  return {
    tryTake,
    take: (lane, own, signal) =>
      new Promise((resolve, reject) => {
        const waiter: Waiter = {
          own,
          grant() {
            off();
            resolve();
          },
        };
        const line = lanes.get(lane) ?? new Set();
        lanes.set(lane, line.add(waiter));
        waiting++;
        const off = onAbort(signal, () => {
          leave(lane, waiter);
          reject(signal.reason);
        });
      }),
    free(own) {
      free++;
      if (own) own.free++;
      if (waiting > 0) grantNext();
    },
    waiting() {
      return waiting;
    },
  };
}
