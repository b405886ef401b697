import type { Answer } from './answer.js';
import type { Call } from './call.js';
import type { Delivery } from './transport.js';

/** The last requests that were settled: one whose ack was lost is answered again instead of run again. */
export interface Recent {
  /** Looked at only for a redelivery: ids are the sender's, and a fresh message with a used one is a new request. */
  find(delivery: Delivery): { readonly answer: Answer | undefined } | undefined;
  add(call: Call, answer: Answer | undefined): void;
}

interface Entry {
  readonly action: string;
  readonly sender: string | undefined;
  readonly length: number;
  readonly answer: Answer | undefined;
}

/** What the answers kept may take in memory. */
const maxCharacters = 16 * 1024 * 1024;

/** `capacity`: how many settled requests are remembered. */
export function createRecent(capacity: number): Recent {
  // A Map keeps the order of insertion: the first entry is the oldest.
  const entries = new Map<string, Entry>();
  let characters = 0;

  return {
    find({ message, sender }) {
      const entry = entries.get(message.id);
      if (!entry) return undefined;
      // Senders that reuse an id for another request get a run of their own.
      const isSame = entry.action === message.action && entry.sender === sender && entry.length === message.body.length;
      return isSame ? entry : undefined;
    },
    add({ id, action, caller, message }, answer) {
      entries.set(id, { action, sender: caller, length: message.body.length, answer });
      characters += answer?.body.length ?? 0;
      for (const [oldest, entry] of entries) {
        if (entries.size <= capacity && characters <= maxCharacters) break;
        entries.delete(oldest);
        characters -= entry.answer?.body.length ?? 0;
      }
    },
  };
}
