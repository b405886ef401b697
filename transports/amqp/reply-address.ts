import { holdsRequests, inboxPrefix } from './names.js';

const directPrefix = 'amq.rabbitmq.reply-to.';
/**
 * What the broker hands out: a process in Erlang's own encoding, whose first byte is 131, and a key, both in base64.
 * RabbitMQ 3.10 ends the connection of whoever publishes to a name that it cannot decode.
 */
const directName = /^g[w-z0-9+/_-][A-Za-z0-9+/_-]*={0,2}\.[A-Za-z0-9+/_-]+={0,2}$/;
const serverNamedPrefix = 'amq.gen-';
/** Parts an exchange from a queue in an address of ours; the judge lets no such character in from outside. */
const separator = '\u0001';

export interface ReplyRules {
  /** The addresses consumed here: a reply to one of them would be taken for a request. */
  readonly ownAddresses: Pick<ReadonlySet<string>, 'has'>;
  readonly allows: (replyTo: string) => boolean;
}

/** Whether a caller may be answered where it asks: nobody may make a worker write to any queue it likes. */
export function mayReplyTo(replyTo: string, rules: ReplyRules): boolean {
  if (hasControlCharacter(replyTo)) return false;
  if (rules.ownAddresses.has(replyTo) || holdsRequests(replyTo)) return false;
  if (replyTo.startsWith(serverNamedPrefix)) return true;
  if (isDirectReplyTo(replyTo)) return directName.test(replyTo.slice(directPrefix.length));
  if (replyTo.startsWith('amq.')) return false;
  return replyTo.startsWith(inboxPrefix) || rules.allows(replyTo);
}

/** A caller of direct reply-to: it has no queue, and up to RabbitMQ 4.1 a mandatory reply is delivered *and* returned. */
export function isDirectReplyTo(replyTo: string): boolean {
  return replyTo.startsWith(directPrefix);
}

export interface ReplyPlace {
  readonly exchange: string;
  readonly routingKey: string;
}

/** What a delivered message carries as `replyTo`. */
export function encodeReplyPlace({ exchange, routingKey }: ReplyPlace): string {
  return exchange === '' ? routingKey : `${separator}${exchange}${separator}${routingKey}`;
}

export function decodeReplyPlace(address: string): ReplyPlace {
  const queue = { exchange: '', routingKey: address };
  if (!address.startsWith(separator)) return queue;
  const [, exchange, routingKey, ...others] = address.split(separator);
  if (exchange === undefined || routingKey === undefined || others.length > 0) return queue;
  return { exchange, routingKey };
}

/** A test for names by patterns in which `*` stands for any text, also none. */
export function patternTest(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => false;
  const quoted = patterns.map((pattern) =>
    pattern
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
  const test = new RegExp(`^(?:${quoted.join('|')})$`, 's');
  return (name) => test.test(name);
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
