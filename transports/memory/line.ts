import { createMessageList, type MessageList } from './message-list.js';
import type { StoredMessage } from './message.js';

/**
 * The order in which the messages of an address may be handed out. Of each group at most one is ready or out; the
 * next becomes ready once that one is done with.
 */
export interface Line {
  /** How many wait, ready or behind another of their group. */
  length(): number;
  ready(): number;
  /** A new message. */
  add(message: StoredMessage): void;
  /** One that was out comes back, before all others. */
  putBack(message: StoredMessage): void;
  /** One that was out comes back, after all others that are ready. */
  putLast(message: StoredMessage): void;
  /** The next to hand out. */
  take(): StoredMessage | undefined;
  /** One that was out will not come back. */
  done(message: StoredMessage): void;
  /** Drops what `keeps` does not want, ready or not. */
  keep(keeps: (message: StoredMessage) => boolean): void;
}

export function createLine(ordering: 'none' | 'group'): Line {
  const ready = createMessageList();
  /** Every group of which one is ready or out, with those behind it. */
  const groups = new Map<string, MessageList>();
  let behind = 0;
  const groupOf = (message: StoredMessage): string | undefined =>
    ordering === 'group' ? message.message.groupKey : undefined;

  function add(message: StoredMessage): void {
    const key = groupOf(message);
    const waiting = key === undefined ? undefined : groups.get(key);
    if (waiting) {
      behind += 1;
      waiting.push(message);
      return;
    }
    if (key !== undefined) groups.set(key, createMessageList());
    ready.push(message);
  }

  return {
    length() {
      return ready.length() + behind;
    },
    ready() {
      return ready.length();
    },
    add,
    putBack: (message) => ready.unshift(message),
    putLast: (message) => ready.push(message),
    take: () => ready.shift(),
    done(message) {
      const key = groupOf(message);
      if (key === undefined) return;
      const next = groups.get(key)?.shift();
      if (!next) return void groups.delete(key);
      behind -= 1;
      ready.push(next);
    },
    keep(keeps) {
      const all = [ready, ...groups.values()].flatMap(emptied);
      groups.clear();
      behind = 0;
      for (const message of all.filter(keeps)) add(message);
    },
  };
}

function emptied(list: MessageList): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (let message = list.shift(); message; message = list.shift()) messages.push(message);
  return messages;
}
