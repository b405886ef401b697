import type { Hold, StoredMessage } from './message.js';

/** The messages of one queue, in the order they were sent, and what time makes of them. */
export interface MessageStore {
  /** All that are there, those in flight or delayed too. */
  readonly all: ReadonlyMap<number, StoredMessage>;
  /** The same of each group, in order; a message without a group is none of them. */
  readonly groups: ReadonlyMap<string, ReadonlySet<StoredMessage>>;
  readonly inFlight: ReadonlySet<StoredMessage>;
  readonly delayed: ReadonlySet<StoredMessage>;
  add(message: StoredMessage): void;
  remove(message: StoredMessage): void;
  hold(message: StoredMessage, hold: Hold): void;
  release(message: StoredMessage): void;
  /** Lets happen what is due by then. */
  settle(nowMs: number, retentionMs: number): void;
  /** When a message becomes visible next, unless somebody does something. */
  nextVisibleMs(): number;
  clear(): void;
}

export function createMessageStore(): MessageStore {
  const all = new Map<number, StoredMessage>();
  const groups = new Map<string, Set<StoredMessage>>();
  const inFlight = new Set<StoredMessage>();
  const delayed = new Set<StoredMessage>();

  function add(message: StoredMessage): void {
    all.set(message.order, message);
    delayed.add(message);
    if (message.groupId === undefined) return;
    const group = groups.get(message.groupId);
    if (group) group.add(message);
    else groups.set(message.groupId, new Set([message]));
  }

  function remove(message: StoredMessage): void {
    all.delete(message.order);
    delayed.delete(message);
    release(message);
    const group = groups.get(message.groupId ?? '');
    group?.delete(message);
    if (group?.size === 0) groups.delete(message.groupId ?? '');
  }

  function release(message: StoredMessage): void {
    message.hold = undefined;
    inFlight.delete(message);
  }

  return {
    all,
    groups,
    inFlight,
    delayed,
    add,
    remove,
    release,
    hold(message, hold) {
      message.hold = hold;
      inFlight.add(message);
    },
    settle(nowMs, retentionMs) {
      for (const message of inFlight) if ((message.hold?.untilMs ?? 0) <= nowMs) release(message);
      for (const message of delayed) if (message.visibleFromMs <= nowMs) delayed.delete(message);
      for (const message of all.values()) {
        if (message.keptSinceMs + retentionMs > nowMs) break;
        remove(message);
      }
    },
    nextVisibleMs() {
      let next = Infinity;
      for (const { hold } of inFlight) next = Math.min(next, hold?.untilMs ?? next);
      for (const { visibleFromMs } of delayed) next = Math.min(next, visibleFromMs);
      return next;
    },
    clear() {
      for (const message of all.values()) remove(message);
    },
  };
}
