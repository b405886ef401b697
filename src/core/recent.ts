import { crc32 } from 'node:zlib';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import type { RpcError } from './errors.js';
import type { Delivery } from './transport.js';

/** The last requests that were settled: one whose ack was lost is answered again instead of run again. */
export interface Recent {
  /** Looked at only for a redelivery: ids are the sender's, and a fresh message with a used one is a new request. */
  find(delivery: Delivery): { readonly answer: Answer | undefined } | undefined;
  add(call: Call, answer: Answer | undefined): void;
}

/** A place in the ring. */
class Entry {
  id = '';
  action = '';
  sender: string | undefined = undefined;
  /** What tells its body from any other that its sender may send under the same id. */
  print = '';
  /** Of its answer, if that was short enough to keep. */
  body: string | undefined = undefined;
  error: RpcError | undefined = undefined;
}

/** A longer answer is not kept, only that it was given: the broker had it before the request was settled. */
const maxAnswerLength = 32_768;
/** Of a longer body a checksum is kept: kept as they are, bodies of 10 KiB cost a worker 6 % of its time. */
const maxBodyLength = 1_024;

/** `capacity`: how many settled requests are remembered. */
export function createRecent(capacity: number): Recent {
  // A ring, searched from end to end: every request is added, hardly one is ever looked for. Its places are written
  // over: of objects made for each request so many would survive collections that V8 kept them where garbage is dear.
  const ring: Entry[] = [];
  let next = 0;

  return {
    find({ message, sender }) {
      const { id, action, body } = message;
      const isSame = (entry: Entry) => entry.id === id && entry.action === action && entry.sender === sender;
      // Senders that reuse an id for another request get a run of their own.
      const found = ring.find((entry) => isSame(entry) && entry.print === printOf(body));
      return found && { answer: answerIn(found) };
    },
    add({ id, action, caller, message }, answer) {
      const entry = (ring[next] ??= new Entry());
      const isKept = answer !== undefined && answer.body.length <= maxAnswerLength;
      entry.id = id;
      entry.action = action;
      entry.sender = caller;
      entry.print = printOf(message.body);
      entry.body = isKept ? answer.body : undefined;
      entry.error = isKept ? answer.error : undefined;
      next = (next + 1) % capacity;
    },
  };
}

function answerIn({ body, error }: Entry): Answer | undefined {
  return body === undefined ? undefined : { body, ...(error && { error }) };
}

function printOf(body: string): string {
  return body.length <= maxBodyLength ? body : `${body.length} ${crc32(body)}`;
}
