import type { StoredMessage } from './message.js';

/** A queue with a front and a back, linked through the messages themselves: no cost that grows with its length. */
export interface MessageList {
  length(): number;
  push(message: StoredMessage): void;
  unshift(message: StoredMessage): void;
  shift(): StoredMessage | undefined;
}

export function createMessageList(): MessageList {
  let first: StoredMessage | undefined;
  let last: StoredMessage | undefined;
  let length = 0;
  return {
    length() {
      return length;
    },
    push(message) {
      if (last) last.next = message;
      else first = message;
      last = message;
      length += 1;
    },
    unshift(message) {
      message.next = first;
      first = message;
      last ??= message;
      length += 1;
    },
    shift() {
      const message = first;
      if (!message) return undefined;
      first = message.next;
      if (!first) last = undefined;
      message.next = undefined;
      length -= 1;
      return message;
    },
  };
}
