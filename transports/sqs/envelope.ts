import type { Attributes, ReceivedMessage } from './api.js';

/** Message attributes, by name. SQS allows ten: what has no place of its own goes into `headers`, as one JSON object. */
export const attributeNames = {
  id: 'id',
  action: 'action',
  correlationId: 'correlation-id',
  replyTo: 'reply-to',
  deadline: 'deadline',
  key: 'idempotency-key',
  traceparent: 'traceparent',
  headers: 'headers',
  reason: 'samovar-reason',
} as const;

/** Headers that are this transport's own: read or written by it, and not part of a message's headers. */
export const headerNames = {
  body: 'samovar-body',
  group: 'samovar-group',
  /** Of copies: `MessageGroupId` of the original. */
  groupId: 'samovar-group-id',
  sender: 'samovar-sender',
  attempts: 'samovar-attempts',
  firstSeen: 'samovar-first-seen',
  redriven: 'samovar-redriven',
} as const;

/** Headers of the core that have an attribute of their own. */
export const attributeOfHeader: ReadonlyMap<string, string> = new Map([
  ['samovar-idempotency-key', attributeNames.key],
  ['traceparent', attributeNames.traceparent],
]);

/** Under which header an attribute travels whose text SQS does not take. */
export function headerOfAttribute(name: string): string {
  return `samovar-${name}`;
}

const ownHeaders: ReadonlySet<string> = new Set([
  ...Object.values(headerNames),
  ...['id', 'action', 'correlation-id', 'reply-to', 'reason'].map(headerOfAttribute),
]);

export function isOwnHeader(name: string): boolean {
  return ownHeaders.has(name);
}

/** What a message says beside its body. Nothing in it is judged. */
export interface Envelope {
  /** The sender's, else the one that SQS gave: the same on each redelivery. */
  readonly id: string;
  readonly action: string | undefined;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  readonly expiresAt: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** A header of ours. */
  readonly own: (name: string) => string | undefined;
  /** The part of `SenderId` before the colon: behind it is what a session calls itself. */
  readonly sender: string | undefined;
}

/** The largest time that Date knows; a deadline beyond it is none. */
const latestEpochMs = 8.64e15;

export function readEnvelope({ messageId, attributes, senderId }: ReceivedMessage): Envelope {
  const entries = headerEntries(attributes);
  const own = (wanted: string): string | undefined => entries.find(([name]) => name === wanted)?.[1];
  const read = (name: string): string | undefined => attributes[name] ?? own(headerOfAttribute(name));
  const sender = senderId?.split(':', 1)[0];
  return {
    id: read(attributeNames.id) ?? messageId,
    action: read(attributeNames.action),
    correlationId: read(attributeNames.correlationId),
    replyTo: read(attributeNames.replyTo),
    expiresAt: epochOf(attributes[attributeNames.deadline]),
    headers: ordinaryHeaders(entries, attributes),
    own,
    sender: sender === '' ? undefined : sender,
  };
}

/** A time in epoch milliseconds that a sane sender could have meant. */
export function epochOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const epochMs = Number(text);
  return epochMs > 0 && epochMs <= latestEpochMs ? epochMs : undefined;
}

/** All headers, ours too. */
export function headerEntries(attributes: Attributes): [string, string][] {
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(tableOf(attributes[attributeNames.headers]))) {
    const text = textOf(value);
    if (text !== undefined) entries.push([name, text]);
  }
  return entries;
}

const noHeaders = Object.freeze({});

function tableOf(json: string | undefined): Readonly<Record<string, unknown>> {
  if (json === undefined) return noHeaders;
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : noHeaders;
  } catch {
    return noHeaders;
  }
}

function ordinaryHeaders(
  entries: readonly (readonly [string, string])[],
  attributes: Attributes,
): Readonly<Record<string, string>> {
  const kept = entries.filter(([name]) => !isOwnHeader(name));
  for (const [header, attribute] of attributeOfHeader) {
    const value = attributes[attribute];
    if (value !== undefined) kept.push([header, value]);
  }
  return kept.length === 0 ? noHeaders : Object.fromEntries(kept);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : undefined;
}
