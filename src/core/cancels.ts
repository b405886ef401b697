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
  const early = new Map<string, { readonly sender: string | undefined; readonly untilMs: number }>();

  return {
    add(id, sender) {
      const nowMs = clock.monotonicMs();
      early.set(id, { sender, untilMs: nowMs + keepMs });
      for (const [oldest, { untilMs }] of early) {
        if (untilMs > nowMs && early.size <= maxIds) break;
        early.delete(oldest);
      }
    },
    take(id, sender) {
      if (early.size === 0) return false;
      const cancel = early.get(id);
      if (!cancel || cancel.sender !== sender) return false;
      early.delete(id);
      return cancel.untilMs > clock.monotonicMs();
    },
  };
}
