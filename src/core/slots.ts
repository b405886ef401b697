/** How many handlers run at once. Waiters are served in turn over lanes, so that one flooded lane starves no other. */
export interface Slots {
  /** True if a slot was free, and now is taken. */
  tryTake(): boolean;
  /** Waits for a slot. Rejects with the signal's reason, and gives up its place, when that aborts. */
  take(lane: string, signal: AbortSignal): Promise<void>;
  free(): void;
  readonly waiting: number;
}

export function createSlots(size: number): Slots {
  const lanes = new Map<string, Set<() => void>>();
  let free = size;
  let waiting = 0;

  function leave(lane: string, grant: () => void): void {
    const line = lanes.get(lane);
    if (!line?.delete(grant)) return;
    waiting--;
    if (line.size === 0) lanes.delete(lane);
  }

  /** The first of the lane whose turn it is; that lane goes to the back. */
  function next(): (() => void) | undefined {
    for (const [lane, line] of lanes) {
      for (const grant of line) {
        leave(lane, grant);
        if (lanes.delete(lane)) lanes.set(lane, line);
        return grant;
      }
    }
    return undefined;
  }

  return {
    tryTake() {
      if (free === 0) return false;
      free--;
      return true;
    },
    take(lane, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const grant = (): void => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const abort = (): void => {
          leave(lane, grant);
          reject(signal.reason as Error);
        };
        const line = lanes.get(lane) ?? new Set();
        lanes.set(lane, line.add(grant));
        waiting++;
        signal.addEventListener('abort', abort, { once: true });
      });
    },
    free() {
      const grant = next();
      // The slot changes hands without becoming free: nobody can step in between.
      if (grant) grant();
      else free++;
    },
    get waiting() {
      return waiting;
    },
  };
}
