import type { Message } from '../../src/core/transport.js';
import type { StoredMessage } from './message.js';

export interface DeadLetter {
  readonly reason: string;
  readonly message: Message;
  readonly sender: string | undefined;
  /** How often it had been tried. */
  readonly attempts: number;
  /** When a worker first had it, in epoch milliseconds. */
  readonly firstSeen: number;
}

/** What was set aside from one address, up to a bound. */
export interface DeadLetters {
  readonly list: readonly DeadLetter[];
  /** Whether it had room. */
  add(message: StoredMessage, reason: string, firstSeen: number): boolean;
  remove(letter: DeadLetter): void;
  /** One at a time works at them. */
  isTaken: boolean;
}

export function createDeadLetters(most: number): DeadLetters {
  const list: DeadLetter[] = [];
  return {
    list,
    isTaken: false,
    add({ message, sender, attempt: attempts }, reason, firstSeen) {
      if (list.length >= most) return false;
      list.push({ reason, message, sender, attempts, firstSeen });
      return true;
    },
    remove(letter) {
      const index = list.indexOf(letter);
      if (index >= 0) list.splice(index, 1);
    },
  };
}
