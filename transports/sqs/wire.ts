import type { Delivery, Message } from '../../src/core/transport.js';
import type { ReceivedMessage, SendEntry } from './api.js';
import {
  attributeNames,
  attributeOfHeader,
  headerNames,
  headerOfAttribute,
  isOwnHeader,
  readEnvelope,
  type Envelope,
} from './envelope.js';
import { isLegalId, legalIdOf } from './group-id.js';
import { isLonger } from './sizes.js';
import { fitBody, headersText, isSqsText, unfitBody } from './text.js';

/** How what comes in is judged. */
export interface WireRules {
  readonly maxBodyBytes: number;
  /** Sender ids whose word is taken for who sent a request first: those of operators, who redrive. */
  readonly believes: ReadonlySet<string>;
  /** Whether a queue of that name may be answered to. */
  readonly isInbox: (name: string) => boolean;
}

/** One request as it came from the queue of an address. */
export interface Arrival {
  readonly kind: 'request';
  readonly message: Message;
  /** The part of `SenderId` before the colon; of what an operator we believe redrove, who sent it first. */
  readonly sender: Delivery['sender'];
  readonly unreadable: Delivery['unreadable'];
  /** Which redrive it came by, if any. */
  readonly redriven: Delivery['redriven'];
  /** Epoch milliseconds, by the clock of SQS. */
  readonly sentAt: number;
  /** `MessageGroupId`: serial whatever it stands for. */
  readonly groupId: string;
}

/** 'refused': it asks for its reply at a place that nobody may name. 'foreign': it is no request that we can read. */
export type Reading =
  | Arrival
  | { readonly kind: 'refused'; readonly id: string; readonly replyTo: string }
  | { readonly kind: 'foreign'; readonly id: string; readonly reason: 'no_action' };

/** What is sent. `address` is that of a request; a reply goes to a standard queue and has none. */
export function encode(message: Message, address: string | undefined): SendEntry {
  const { id, action, correlationId, replyTo, expiresAt, groupKey, headers } = message;
  const { body, fitting } = fitBody(message.body);
  const attributes: Record<string, string> = {};
  const others: [string, string][] = [];
  /** Text that SQS takes for no attribute goes among the headers. */
  function put(name: string, value: string | undefined, header = headerOfAttribute(name)): void {
    if (value === undefined) return;
    if (isSqsText(value)) attributes[name] = value;
    else others.push([header, value]);
  }
  put(attributeNames.id, id);
  put(attributeNames.action, action);
  put(attributeNames.correlationId, correlationId);
  put(attributeNames.replyTo, replyTo);
  if (expiresAt !== undefined) attributes[attributeNames.deadline] = String(Math.floor(expiresAt));
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? '';
    const attribute = attributeOfHeader.get(name);
    if (attribute !== undefined) put(attribute, value, name);
    else if (!isOwnHeader(name)) others.push([name, value]);
  }
  if (fitting !== undefined) others.push([headerNames.body, fitting]);
  if (groupKey !== undefined && (!isLegalId(groupKey) || groupKey === address)) {
    others.push([headerNames.group, groupKey]);
  }
  if (others.length > 0) attributes[attributeNames.headers] = headersText(others);
  if (address === undefined) return { body, attributes };
  return { body, attributes, groupId: legalIdOf(groupKey ?? address), dedupId: legalIdOf(id) };
}

/** A request from the queue of `address`. */
export function decode(received: ReceivedMessage, address: string, rules: WireRules): Reading {
  const envelope = readEnvelope(received);
  const { id, replyTo, sender, own } = envelope;
  if (replyTo !== undefined && !rules.isInbox(replyTo)) return { kind: 'refused', id, replyTo };
  const content = contentOf(received.body, envelope);
  if (!content) return { kind: 'foreign', id, reason: 'no_action' };
  const { groupId = address, sentAt } = received;
  const isTooLarge = isLonger(content.body, rules.maxBodyBytes);
  const message: Mutable<Message> = messageOf(envelope, isTooLarge ? '' : content.body);
  const groupKey = own(headerNames.group) ?? (groupId === address ? undefined : groupId);
  message.action = content.action;
  if (groupKey !== undefined) message.groupKey = groupKey;
  // Who names no correlation knows at least the id that SQS gave to the request.
  if (replyTo !== undefined) message.correlationId ??= id;
  const first = own(headerNames.sender);
  const isBelieved = first !== undefined && sender !== undefined && rules.believes.has(sender);
  return {
    kind: 'request',
    message,
    sender: !isBelieved ? sender : first === '' ? undefined : first,
    unreadable: isTooLarge ? 'too_large' : undefined,
    redriven: own(headerNames.redriven),
    sentAt,
    groupId,
  };
}

/** A message in an inbox. */
export function decodeReply(received: ReceivedMessage): Message {
  const envelope = readEnvelope(received);
  return messageOf(envelope, unfitBody(received.body, envelope.own(headerNames.body)));
}

/** An object while it is made. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function messageOf({ id, correlationId, replyTo, expiresAt, headers }: Envelope, body: string): Mutable<Message> {
  const message: Mutable<Message> = { id, body, headers };
  if (correlationId !== undefined) message.correlationId = correlationId;
  if (replyTo !== undefined) message.replyTo = replyTo;
  if (expiresAt !== undefined) message.expiresAt = expiresAt;
  return message;
}

interface Content {
  readonly action: string;
  readonly body: string;
}

/** Without the attribute, `{"service": …, "parameters": {…}}` names its action too. */
function contentOf(text: string, { action, own }: Envelope): Content | undefined {
  if (action !== undefined) return { action, body: unfitBody(text, own(headerNames.body)) };
  try {
    const { service, parameters = {} } = JSON.parse(text) as { service?: unknown; parameters?: unknown };
    if (typeof service !== 'string' || service === '') return undefined;
    return { action: service, body: JSON.stringify(parameters) };
  } catch {
    // No JSON, or null.
    return undefined;
  }
}
