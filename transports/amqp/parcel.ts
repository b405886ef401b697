import type { Options } from 'amqplib';
import { TransportError, type Message, type SendOptions } from '../../src/core/transport.js';
import { notSent } from './errors.js';
import type { AttachedInbox } from './inbox.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import { nobody } from './names.js';
import { decodeReplyPlace, isDirectReplyTo } from './reply-address.js';
import { propertiesOf, reservedHeader } from './wire.js';

/** Something to publish, and what must be true before. */
export interface Parcel {
  /** 'request' counts towards the bound of waiting sends; replies and copies are bounded by the intake. */
  readonly kind: 'request' | 'reply' | 'copy';
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly expiresAt?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asked at the moment of writing. */
  readonly isWanted?: (() => boolean) | undefined;
  /** Where its reply is to come, if that is an inbox of ours. */
  readonly inbox?: string | undefined;
  /** The queue that somebody must consume. */
  readonly worker?: string | undefined;
  /** Asked at the moment of writing: what remains of the time, and where the inbox is by then. */
  properties(link: Link, nowMs: number): Options.Publish;
}

/** A request goes to its action's exchange; anything else is a reply, to where its request's `replyTo` said. */
export function createParcels(
  { app, maxBodyBytes, replyRouteOf, takesEitherRoute }: AmqpSettings,
  inboxOf: (address: string) => AttachedInbox | undefined,
): (address: string, message: Message, options: SendOptions) => Parcel {
  const deadlineOnly: Record<string, string> = {};
  const repeated = new WeakMap<Message['headers'], Record<string, string>>();

  return (address, message, options) => {
    const content = contentOf(message, maxBodyBytes);
    const { action, replyTo, expiresAt } = message;
    // What its sender does with the message afterwards is not sent.
    const { headers } = message;
    const sent: Message = { ...message, headers: Object.isFrozen(headers) ? headers : { ...headers } };
    const isRequest = action !== undefined;
    if (options.question === true && replyRouteOf(address) === 'request-exchange') throw notAsked(address);
    const place = isRequest ? { exchange: checkedAction(action), routingKey: address } : decodeReplyPlace(address);
    // An existing consumer, which may be there, exits on a request without one.
    const mayBeForeign = takesEitherRoute || replyRouteOf(address) === 'request-exchange';
    const unanswered = isRequest && mayBeForeign ? nobody : undefined;
    const mandatory = isRequest || !isDirectReplyTo(place.routingKey);
    return {
      kind: isRequest ? 'request' : 'reply',
      exchange: place.exchange,
      routingKey: isRequest ? address : (inboxOf(place.routingKey)?.queue() ?? place.routingKey),
      content,
      expiresAt,
      signal: options.signal,
      isWanted: options.isWanted,
      inbox: replyTo !== undefined && inboxOf(replyTo) ? replyTo : undefined,
      worker: options.requireWorker === true && isRequest ? address : undefined,
      properties({ account }, nowMs) {
        const replyQueue = replyTo === undefined ? unanswered : (inboxOf(replyTo)?.queue() ?? replyTo);
        const properties = propertiesOf(sent, { app, account, nowMs, replyTo: replyQueue, deadlineOnly, repeated });
        properties.mandatory = mandatory;
        return properties;
      },
    };
  };
}

export function contentOf({ body, headers }: Message, maxBodyBytes: number): Buffer {
  const content = Buffer.from(body);
  if (content.length > maxBodyBytes) {
    throw notSent(
      'too_large',
      `expected a body of at most ${maxBodyBytes} bytes (maxBodyBytes), got ${content.length}`,
    );
  }
  const reserved = reservedHeader(headers);
  if (reserved !== undefined) {
    throw notSent(
      'rejected',
      `expected no header ${JSON.stringify(reserved)}: the broker gives it a meaning of its own`,
    );
  }
  return content;
}

function notAsked(address: string): TransportError {
  return notSent(
    'rejected',
    `expected an address of Samovar workers for a question, got ${JSON.stringify(address)} with replyRoute ` +
      `'request-exchange': an existing consumer would take the question for a request`,
  );
}

function checkedAction(action: string): string {
  if (action !== '') return action;
  throw new TransportError('rejected', "expected the name of an action, got ''", { sent: 'no' });
}
