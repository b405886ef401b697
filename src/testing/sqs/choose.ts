import type { StoredMessage } from './message.js';
import type { MessageStore } from './message-store.js';

export interface ChooseOptions {
  readonly most: number;
  /** How many messages from the front of the queue are looked at for groups. */
  readonly groupWindow: number;
}

/** A standard queue hands out whatever is visible. */
export function chooseAny({ all, inFlight, delayed }: MessageStore, { most }: ChooseOptions): StoredMessage[] {
  const chosen: StoredMessage[] = [];
  for (const message of all.values()) {
    if (chosen.length === most) break;
    if (!inFlight.has(message) && !delayed.has(message)) chosen.push(message);
  }
  return chosen;
}

/**
 * As many as possible of one group, then of the next; none of a group of which one is in flight or delayed before it
 * (SQS developer guide, "FIFO delivery logic"; API reference, ReceiveMessage).
 */
export function chooseByGroup(store: MessageStore, { most, groupWindow }: ChooseOptions): StoredMessage[] {
  const locked = new Set([...store.inFlight].map(({ groupId }) => groupId));
  const heads: StoredMessage[] = [];
  for (const [groupId, group] of visibleGroups(store, groupWindow)) {
    const [head] = group;
    if (head && !locked.has(groupId)) heads.push(head);
  }
  heads.sort((a, b) => a.order - b.order);
  const chosen: StoredMessage[] = [];
  for (const { groupId } of heads) {
    for (const message of store.groups.get(groupId ?? '') ?? []) {
      if (chosen.length === most) return chosen;
      if (store.delayed.has(message)) break;
      chosen.push(message);
    }
  }
  return chosen;
}

/** "FIFO queues scan the first 120,000 messages to determine available message groups": others starve behind. */
function visibleGroups(store: MessageStore, window: number): Iterable<[string, ReadonlySet<StoredMessage>]> {
  if (store.all.size <= window) return store.groups;
  const found = new Map<string, ReadonlySet<StoredMessage>>();
  let looked = 0;
  for (const { groupId = '' } of store.all.values()) {
    const group = store.groups.get(groupId);
    if (group) found.set(groupId, group);
    if ((looked += 1) === window) break;
  }
  return found;
}
