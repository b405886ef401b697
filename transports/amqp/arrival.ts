import type { Delivery, Message } from '../../src/core/transport.js';
import { addressExchange, headerNames, nobody } from './names.js';
import { encodeReplyPlace, isDirectReplyTo, mayReplyTo, type ReplyRules } from './reply-address.js';
import type { AmqpSettings, ReplyRoute } from './options.js';
import {
  bodyOf,
  countOf,
  epochOf,
  headerOf,
  isJson,
  messageOf,
  tableOf,
  text,
  timeToLiveOf,
  type RawMessage,
} from './wire.js';

export interface ArrivalRules extends ReplyRules {
  readonly address: string;
  /** Who we are to the brokers, one for each url; none without PLAIN credentials. */
  readonly accounts: ReadonlySet<string>;
  readonly replyRoute: ReplyRoute;
  readonly maxBodyBytes: number;
  readonly newId: () => string;
}

export function rulesOf(
  { accounts, maxBodyBytes, allowsReplyTo, random }: AmqpSettings,
  place: Pick<ArrivalRules, 'address' | 'replyRoute' | 'ownAddresses'>,
): ArrivalRules {
  return { ...place, accounts, maxBodyBytes, allows: allowsReplyTo, newId: () => random.uuid() };
}

/** One arrival at an address, read once and judged. */
export interface Arrival {
  readonly message: Message;
  /** The account the broker checked; on copies, which carry our own, the one that was checked before. */
  readonly sender: string | undefined;
  readonly unreadable: Delivery['unreadable'];
  readonly timeToLiveMs: number | undefined;
  /** The exchange the request was first sent to. */
  readonly exchange: string;
  /** Counted attempts before this one. */
  readonly attempts: number;
  readonly firstSeenMs: number;
  readonly notBeforeMs: number | undefined;
  /** Which redrive it came by, if any. */
  readonly redriven: string | undefined;
}

/** What came, or the reply address for which it is refused. */
export function readArrival(
  raw: RawMessage,
  rules: ArrivalRules,
  nowMs: number,
): Arrival | { readonly refused: string } {
  const { properties, fields } = raw;
  const given = text(properties.replyTo);
  const replyTo = given === nobody ? undefined : given;
  if (replyTo !== undefined && !mayReplyTo(replyTo, rules)) return { refused: replyTo };
  const headers = tableOf(properties.headers);
  const ownExchange = addressExchange(rules.address);
  const { accounts } = rules;
  const isOurs = accounts.has(text(properties.userId) ?? '');
  // Only what we have published ourselves is believed about its own past. Where no account proves that, it is believed
  // what concerns nobody but its sender: its attempts must end in any case.
  const isCopy =
    fields.exchange === ownExchange && (isOurs || accounts.size === 0) && Object.hasOwn(headers, headerNames.attempts);
  const direct = fields.exchange === ownExchange || fields.exchange === '';
  const exchange =
    isCopy && isOurs ? (text(headerOf(headers, headerNames.exchange)) ?? '') : direct ? '' : fields.exchange;
  const action = direct ? text(properties.type) : fields.exchange;
  const read = isJson(properties)
    ? bodyOf(raw.content, rules.maxBodyBytes)
    : ({ body: '', unreadable: 'content_type' } as const);
  const replyAddress = replyTo === undefined ? undefined : replyAddressOf(replyTo, exchange, rules.replyRoute);
  return {
    message: messageOf(raw, {
      body: read.body,
      newId: rules.newId,
      action,
      replyTo: replyAddress,
    }),
    sender:
      isCopy && isOurs && Object.hasOwn(headers, headerNames.sender)
        ? text(headerOf(headers, headerNames.sender))
        : text(properties.userId),
    unreadable: 'unreadable' in read ? read.unreadable : undefined,
    timeToLiveMs: timeToLiveOf(properties),
    exchange,
    attempts: isCopy ? countOf(headerOf(headers, headerNames.attempts)) : 0,
    firstSeenMs: (isCopy ? epochOf(headerOf(headers, headerNames.firstSeen)) : undefined) ?? nowMs,
    notBeforeMs: isCopy ? epochOf(headerOf(headers, headerNames.notBefore)) : undefined,
    redriven: isCopy ? text(headerOf(headers, headerNames.redriven)) : undefined,
  };
}

function replyAddressOf(replyTo: string, exchange: string, route: ReplyRoute): string {
  const throughExchange = route === 'request-exchange' && !isDirectReplyTo(replyTo);
  return encodeReplyPlace({ exchange: throughExchange ? exchange : '', routingKey: replyTo });
}
