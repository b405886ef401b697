import { createHash } from 'node:crypto';
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
  readonly id: string;
  readonly action: string;
  readonly sender: string | undefined;
  /** What tells its body from any other. */
  readonly print: string;
  readonly answer: Answer | undefined;
}

/** A longer answer is not kept, only that it was given: the broker had it before the request was settled. */
const maxAnswerLength = 32_768;
/** A longer body is kept as a digest, which costs more time than all the rest of a call. */
const maxBodyLength = 16_384;

/** `capacity`: how many settled requests are remembered. */
export function createRecent(capacity: number): Recent {
  // A ring, searched from end to end: every request is added, hardly one is ever looked for.
  const ring: Entry[] = [];
  let next = 0;

  return {
    find({ message, sender }) {
      const { id, action, body } = message;
      const isSame = (entry: Entry) => entry.id === id && entry.action === action && entry.sender === sender;
      // Senders that reuse an id for another request get a run of their own.
      return ring.find((entry) => isSame(entry) && entry.print === printOf(body));
    },
    add({ id, action, caller, message }, answer) {
      const kept = answer && answer.body.length <= maxAnswerLength ? answer : undefined;
      ring[next] = { id, action, sender: caller, print: printOf(message.body), answer: kept };
      next = (next + 1) % capacity;
    },
  };
}

function printOf(body: string): string {
  return body.length <= maxBodyLength ? body : createHash('sha256').update(body).digest('base64');
}
