import type { Message } from '../../src/core/transport.js';
import type { StoredMessage } from './message.js';

export interface DeadLetter {
  readonly reason: string;
  readonly message: Message;
  readonly sender: string | undefined;
  /** How often it had been tried. */
  readonly attempts: number;
}

/** What was set aside from one address, up to a bound. */
export interface DeadLetters {
  readonly list: readonly DeadLetter[];
  /** Whether it had room. */
  add(message: StoredMessage, reason: string): boolean;
}

export function createDeadLetters(most: number): DeadLetters {
  const list: DeadLetter[] = [];
  return {
    list,
    add({ message, sender, attempt: attempts }, reason) {
      if (list.length >= most) return false;
      list.push({ reason, message, sender, attempts });
      return true;
    },
  };
}
