import type { Clock } from './clock.js';

/** Cancels that came before their request: remembered for a while, and refused on arrival. */
export interface Cancels {
  add(id: string, sender: string | undefined): void;
  /** True once, if the sender of this request cancelled it before it came. */
  take(id: string, sender: string | undefined): boolean;
}

const keepMs = 300_000;
const maxIds = 10_000;

export function createCancels(clock: Clock): Cancels {
  // A Map keeps the order of insertion: the first entries are the oldest.
  const early = new Map<string, number>();
  // By sender, too: nobody's cancel takes the place of another's.
  const keyOf = (id: string, sender: string | undefined): string => JSON.stringify([id, sender]);

  return {
    add(id, sender) {
      const nowMs = clock.monotonicMs();
      const key = keyOf(id, sender);
      early.delete(key);
      early.set(key, nowMs + keepMs);
      for (const [oldest, untilMs] of early) {
        if (untilMs > nowMs && early.size <= maxIds) break;
        early.delete(oldest);
      }
    },
    take(id, sender) {
      if (early.size === 0) return false;
      const key = keyOf(id, sender);
      const untilMs = early.get(key);
      return untilMs !== undefined && early.delete(key) && untilMs > clock.monotonicMs();
    },
  };
}
