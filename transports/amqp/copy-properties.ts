import type { Options } from 'amqplib';
import type { Message } from '../../src/core/transport.js';
import { headerNames } from './names.js';
import { fitsShortString, tableOf, text, type RawMessage, type Writer } from './wire.js';

/** What is known of a delivery that is copied to another queue. */
export interface Copied {
  readonly raw: RawMessage;
  /** As it was handed to the core. */
  readonly message: Message;
  /** The exchange the request was first sent to. */
  readonly exchange: string;
  /** The identity the broker vouched for. */
  readonly sender: string | undefined;
  readonly firstSeenMs: number;
  /** Counted attempts so far, the one that ended just now included. */
  readonly attempts: number;
  /** Arrival plus the broker's time to live, where the message has no deadline of its own. */
  readonly impliedDeadlineMs: number | undefined;
  readonly reason?: string;
  /** Aborts once the delivery belongs to somebody else, who may copy it too. */
  readonly signal?: AbortSignal;
  /** Not to be handed out before this, in epoch milliseconds. */
  readonly notBeforeMs?: number;
}

/**
 * The properties of a copy. No `expiration`: it would win over the queue's own. Another's `user_id` would be refused,
 * so the copy carries ours, and who sent it in a header; that header is written even when it is empty, or an unnamed
 * sender would become us. 'plain': without the headers that the client library may have read but cannot write.
 */
export function copyProperties(
  copied: Copied,
  writer: Writer,
  { newId, keep }: { readonly newId: () => string; readonly keep: 'all' | 'plain' },
): Options.Publish {
  const { raw, message } = copied;
  const { contentType, contentEncoding, replyTo, correlationId } = raw.properties;
  const properties: Options.Publish = {
    deliveryMode: 2,
    messageId: fitsShortString(message.id) ? message.id : newId(),
    appId: writer.app,
    headers: copyHeaders(copied, keep === 'plain' ? plainHeaders : keptHeaders),
  };
  if (text(contentType) !== undefined) properties.contentType = text(contentType) ?? '';
  if (text(contentEncoding) !== undefined) properties.contentEncoding = text(contentEncoding) ?? '';
  if (text(replyTo) !== undefined) properties.replyTo = text(replyTo) ?? '';
  if (text(correlationId) !== undefined) properties.correlationId = text(correlationId) ?? '';
  if (message.action !== undefined) properties.type = message.action;
  if (writer.account !== undefined) properties.userId = writer.account;
  return properties;
}

const notCopied: ReadonlySet<string> = new Set(['CC', 'BCC', headerNames.reason, headerNames.notBefore]);

/** What one frame holds of headers, with room for ours; a message that brought more loses those that are not ours. */
const mostHeaderBytes = 56 * 1024;
const longestPlainHeader = 1_024;

function keptHeaders(table: Readonly<Record<string, unknown>>): [string, unknown][] {
  const all = Object.entries(table);
  const fits = Buffer.byteLength(JSON.stringify(table)) <= mostHeaderBytes;
  return fits ? all : all.filter(([name]) => name.startsWith('samovar-'));
}

function plainHeaders(table: Readonly<Record<string, unknown>>): [string, unknown][] {
  let bytesLeft = mostHeaderBytes;
  return Object.entries(table).filter(([name, value]) => {
    if (typeof value !== 'string' || name === '!' || value.length > longestPlainHeader) return false;
    bytesLeft -= Buffer.byteLength(name) + Buffer.byteLength(value);
    return bytesLeft > 0;
  });
}

function copyHeaders(copied: Copied, kept: typeof keptHeaders): Record<string, unknown> {
  const headers = new Map<string, unknown>();
  for (const [name, value] of kept(tableOf(copied.raw.properties.headers))) {
    if (!notCopied.has(name) && !/^x-(first-|last-)?death(-|$)/.test(name)) headers.set(name, value);
  }
  const deadlineMs = copied.message.expiresAt ?? copied.impliedDeadlineMs;
  if (deadlineMs === undefined) headers.delete(headerNames.deadline);
  else headers.set(headerNames.deadline, String(Math.floor(deadlineMs)));
  headers.set(headerNames.sender, copied.sender ?? '');
  headers.set(headerNames.firstSeen, String(copied.firstSeenMs));
  headers.set(headerNames.attempts, String(copied.attempts));
  headers.set(headerNames.exchange, copied.exchange);
  if (copied.reason !== undefined) headers.set(headerNames.reason, copied.reason);
  if (copied.notBeforeMs !== undefined) headers.set(headerNames.notBefore, String(copied.notBeforeMs));
  return Object.fromEntries(headers);
}
