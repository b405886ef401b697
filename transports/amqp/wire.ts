import { isUtf8 } from 'node:buffer';
import type { Options } from 'amqplib';
import type { Delivery, Message } from '../../src/core/transport.js';
import { headerNames } from './names.js';

/** An object while it is made. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A message as the client library hands it over; nothing in it can be trusted to have the type it should. */
export interface RawMessage {
  readonly content: Buffer;
  readonly fields: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly redelivered: boolean;
    readonly deliveryTag: number;
  };
  readonly properties: RawProperties;
}

export interface RawProperties {
  readonly contentType?: unknown;
  readonly contentEncoding?: unknown;
  readonly headers?: unknown;
  readonly deliveryMode?: unknown;
  readonly correlationId?: unknown;
  readonly replyTo?: unknown;
  readonly expiration?: unknown;
  readonly messageId?: unknown;
  readonly type?: unknown;
  readonly userId?: unknown;
}

export interface Writer {
  readonly app: string;
  readonly account: string | undefined;
}

/** The largest time that Date knows; a header beyond it is no time. */
const latestEpochMs = 8.64e15;
/** The largest TTL that the broker takes; with a larger one it closes the channel. */
const longestExpirationMs = 2 ** 32 - 1;
/** Strings in properties are shorter than this, in bytes. */
const shortStringBytes = 256;

/** What is known of a message only when it is written. */
export interface Moment extends Writer {
  readonly nowMs: number;
  /** The queue that its `replyTo` stands for. */
  readonly replyTo: string | undefined;
  /**
   * Written over for each message with no header but its deadline, and encoded at once: amqplib makes what it is given
   * a prototype, and for an object that is new each time that costs more than the rest of a publish.
   */
  readonly deadlineOnly: Record<string, string>;
  /** The same for headers that are frozen, and so come again with other messages. */
  readonly repeated?: WeakMap<Message['headers'], Record<string, string>>;
}

/** The AMQP properties of a message that is written now. The broker refuses a `user_id` other than our own account. */
export function propertiesOf(message: Message, moment: Moment): Options.Publish {
  const { action, correlationId, expiresAt } = message;
  const { app, account, nowMs, replyTo } = moment;
  const properties: Options.Publish = {
    contentType: 'application/json',
    deliveryMode: message.persistent ? 2 : 1,
    messageId: message.id,
    appId: app,
    timestamp: Math.floor(nowMs / 1000),
  };
  const headers = headersOf(message, moment);
  if (headers) properties.headers = headers;
  if (action !== undefined) properties.type = action;
  if (correlationId !== undefined) properties.correlationId = correlationId;
  if (expiresAt !== undefined) properties.expiration = expirationOf(expiresAt - nowMs);
  if (replyTo !== undefined) properties.replyTo = replyTo;
  if (account !== undefined) properties.userId = account;
  return properties;
}

/** An integer string, as the broker wants it, and never so large or small that it would close the channel. */
export function expirationOf(remainingMs: number): string {
  return String(Math.min(Math.max(Math.ceil(remainingMs), 0), longestExpirationMs));
}

function headersOf(message: Message, moment: Moment): Record<string, string> | undefined {
  const { expiresAt, groupKey } = message;
  const hasOthers = groupKey !== undefined || Object.keys(message.headers).length > 0;
  if (!hasOthers && expiresAt === undefined) return undefined;
  const headers = hasOthers ? writtenHeaders(message, moment) : moment.deadlineOnly;
  if (expiresAt !== undefined) headers[headerNames.deadline] = String(Math.floor(expiresAt));
  if (groupKey !== undefined) headers[headerNames.group] = groupKey;
  return headers;
}

function writtenHeaders({ headers, expiresAt, groupKey }: Message, { repeated }: Moment): Record<string, string> {
  if (!repeated || expiresAt === undefined || groupKey !== undefined || !Object.isFrozen(headers))
    return { ...headers };
  let copy = repeated.get(headers);
  if (!copy) repeated.set(headers, (copy = { ...headers }));
  return copy;
}

/** Header names to which the broker gives a meaning: a sender of ours cannot mean it. */
export function reservedHeader(headers: Readonly<Record<string, string>>): string | undefined {
  return ['CC', 'BCC', 'x-death'].find((name) => Object.hasOwn(headers, name));
}

/** A request or reply as the core sees it. `unreadable` bodies are ''. */
export function messageOf(
  raw: RawMessage,
  parts: { action?: string | undefined; replyTo?: string | undefined; body: string; newId(): string },
): Message {
  const { properties } = raw;
  const headers = tableOf(properties.headers);
  const { action, body, replyTo } = parts;
  const correlationId = text(properties.correlationId);
  const groupKey = text(headerOf(headers, headerNames.group));
  const expiresAt = epochOf(headerOf(headers, headerNames.deadline));
  const message: Mutable<Message> = {
    id: idOf(properties) ?? parts.newId(),
    body,
    headers: ordinaryHeaders(headers),
  };
  if (action !== undefined) message.action = action;
  if (replyTo !== undefined) message.replyTo = replyTo;
  if (correlationId !== undefined) message.correlationId = correlationId;
  if (groupKey !== undefined) message.groupKey = groupKey;
  if (expiresAt !== undefined) message.expiresAt = expiresAt;
  if (properties.deliveryMode === 2) message.persistent = true;
  return message;
}

/** `message_id`, else what foreign callers have that tells two of their requests apart. */
export function idOf({ messageId, replyTo, correlationId }: RawProperties): string | undefined {
  if (text(messageId) !== undefined) return text(messageId);
  return text(replyTo) !== undefined && text(correlationId) !== undefined
    ? `${String(replyTo)}#${String(correlationId)}`
    : undefined;
}

export type Body =
  { readonly body: string } | { readonly body: ''; readonly unreadable: NonNullable<Delivery['unreadable']> };

/** Size first, so that what is too large is never decoded. */
export function bodyOf(content: Buffer, maxBodyBytes: number): Body {
  if (content.length > maxBodyBytes) return { body: '', unreadable: 'too_large' };
  return isUtf8(content) ? { body: content.toString('utf8') } : { body: '', unreadable: 'not_utf8' };
}

/** JSON, or silent about it as foreign callers are; packed in no way. */
export function isJson({ contentType, contentEncoding }: RawProperties): boolean {
  const encoding = text(contentEncoding)?.toLowerCase();
  if (encoding !== undefined && encoding !== 'utf-8' && encoding !== 'utf8') return false;
  return (
    contentType === undefined || contentType === '' || /^application\/json\s*(;|$)/i.test(text(contentType) ?? '?')
  );
}

/** How long the broker still keeps the message; absent where the property is junk. */
export function timeToLiveOf({ expiration }: RawProperties): number | undefined {
  if (typeof expiration !== 'string' || !/^\d{1,10}$/.test(expiration)) return undefined;
  return Math.min(Number(expiration), longestExpirationMs);
}

/** A time in epoch milliseconds that a sane sender could have meant. */
export function epochOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) && (number as number) > 0 && (number as number) <= latestEpochMs
    ? (number as number)
    : undefined;
}

/** A number from 0 up, else 0. */
export function countOf(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? Math.min(number as number, 1_000_000_000) : 0;
}

/** Headers as they came: read with `headerOf`, so that one called `__proto__` is one like any other. */
export type HeaderTable = Readonly<Record<string, unknown>>;

const noHeaders: HeaderTable = Object.freeze({});

export function tableOf(headers: unknown): HeaderTable {
  return typeof headers === 'object' && headers !== null ? (headers as HeaderTable) : noHeaders;
}

export function headerOf(headers: HeaderTable, name: string): unknown {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

const ownHeaders: ReadonlySet<string> = new Set(Object.values(headerNames));
const deathHeader = /^x-(first-|last-)?death(-|$)/;

function ordinaryHeaders(headers: HeaderTable): Record<string, string> {
  const kept: [string, string][] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (ownHeaders.has(name) || deathHeader.test(name) || name === 'CC' || name === 'BCC') continue;
    if (typeof value === 'string') kept.push([name, value]);
    else if (typeof value === 'boolean' || Number.isFinite(value)) kept.push([name, String(value)]);
  }
  return Object.fromEntries(kept);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function fitsShortString(value: string): boolean {
  return Buffer.byteLength(value) < shortStringBytes;
}
