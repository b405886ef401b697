import { TransportError, type Message } from '../../src/core/transport.js';

/** One message inside the broker. */
export class StoredMessage {
  readonly message: Message;
  readonly sender: string | undefined;
  /** Which redrive it came by. */
  readonly redriven: string | undefined;
  /** When it was first handed out, by the monotonic clock. */
  firstSeenMs = 0;
  /** Counts 1 and each retry. */
  attempt = 1;
  /** How often it was handed out. */
  handedOut = 0;
  /** Called once it is handed to a connection that does not have it yet: the one that lost it can stop. */
  lostBy: { readonly holder: object; abort(): void } | undefined = undefined;
  /** Its successor in the list that it is in. */
  next: StoredMessage | undefined = undefined;

  constructor(message: Message, sender: string | undefined, redriven: string | undefined) {
    this.message = message;
    this.sender = sender;
    this.redriven = redriven;
  }
}

/** While it is being put together. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A copy that neither side can change under the other's feet. Written out, because freezing the result of a spread
 * costs ten times as much as the rest of a send.
 */
export function frozenCopy(message: Message): Message {
  const { id, body, headers } = message;
  const copy: Writable<Message> = { id, body, headers: frozenHeaders(headers) };
  if (message.action !== undefined) copy.action = message.action;
  if (message.replyTo !== undefined) copy.replyTo = message.replyTo;
  if (message.correlationId !== undefined) copy.correlationId = message.correlationId;
  if (message.groupKey !== undefined) copy.groupKey = message.groupKey;
  if (message.expiresAt !== undefined) copy.expiresAt = message.expiresAt;
  if (message.persistent !== undefined) copy.persistent = message.persistent;
  return Object.freeze(copy);
}

function frozenHeaders(headers: Message['headers']): Message['headers'] {
  return Object.isFrozen(headers) ? headers : Object.freeze(Object.assign({}, headers));
}

export function tooLarge(body: string, maxBodyBytes: number): TransportError | undefined {
  // A UTF-16 unit is at most 3 bytes of UTF-8: most bodies need no counting.
  if (body.length * 3 <= maxBodyBytes) return undefined;
  const bytes = Buffer.byteLength(body);
  if (bytes <= maxBodyBytes) return undefined;
  return new TransportError('too_large', `expected a body of at most ${maxBodyBytes} bytes, got ${bytes}`, {
    sent: 'no',
  });
}
