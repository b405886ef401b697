import type { QuarantineEntry } from '../../src/core/quarantine.js';
import type { ReceivedMessage } from './api.js';
import { attributeNames, epochOf, headerNames, readEnvelope } from './envelope.js';
import { unfitBody } from './text.js';
import type { Mutable } from './wire.js';

/** What SQS moves by itself has no reason. */
const movedBySqs = 'moved by SQS: it was received too often';

/** What one of the dead letters says of itself. */
export function entryOf(received: ReceivedMessage): QuarantineEntry {
  const { id, action, replyTo, expiresAt, sender: copier, own } = readEnvelope(received);
  const entry: Mutable<QuarantineEntry> = {
    id,
    reason: received.attributes[attributeNames.reason] ?? movedBySqs,
    attempts: attemptsOf(own(headerNames.attempts)),
    firstSeen: epochOf(own(headerNames.firstSeen)) ?? received.sentAt,
    bytes: Buffer.byteLength(received.body),
    kind: replyTo === undefined ? 'one-way' : 'call',
  };
  const sender = own(headerNames.sender) ?? copier;
  if (action !== undefined) entry.action = action;
  if (sender !== undefined && sender !== '') entry.sender = sender;
  if (expiresAt !== undefined) entry.deadline = expiresAt;
  return entry;
}

export function contentOf(received: ReceivedMessage): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  const { headers, own } = readEnvelope(received);
  const { [attributeNames.headers]: _, ...attributes } = received.attributes;
  return { headers: { ...attributes, ...headers }, body: unfitBody(received.body, own(headerNames.body)) };
}

function attemptsOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
