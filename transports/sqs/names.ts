import type { SqsSettings } from './options.js';

/** The names on SQS that Samovar gives, in one place: other programs and policies rely on them. */
export interface Names {
  /** Undefined where no queue of SQS can have the name. */
  queue(address: string): string | undefined;
  deadLetters(address: string): string | undefined;
  /** What the names of all reply queues begin with, and of nothing else. */
  readonly inboxPrefix: string;
  newInbox(): string;
  /** A reply queue of this prefix: the only queues that a request may ask to be answered at. */
  readonly isInbox: (name: string) => boolean;
}

const longestName = 80;
const deadLetterEnd = '-dlq';
const fifoEnd = '.fifo';

export function namesOf({ prefix, random }: Pick<SqsSettings, 'prefix' | 'random'>): Names {
  const inboxPrefix = `${prefix}inbox-`;
  const isInbox = (name: string): boolean =>
    name.startsWith(inboxPrefix) &&
    name.length <= longestName &&
    /^[A-Za-z0-9_-]+$/.test(name.slice(inboxPrefix.length));

  function fifo(address: string, end: string): string | undefined {
    const longest = `${prefix}${address}${deadLetterEnd}${fifoEnd}`.length;
    if (longest > longestName || address.endsWith(deadLetterEnd) || !/^[A-Za-z0-9_-]+$/.test(address)) return undefined;
    // What is sent there would go to that reply queue.
    if (isInbox(address)) return undefined;
    return `${prefix}${address}${end}${fifoEnd}`;
  }
  return {
    queue: (address) => fifo(address, ''),
    deadLetters: (address) => fifo(address, deadLetterEnd),
    inboxPrefix,
    newInbox: () => `${inboxPrefix}${random.uuid()}`,
    isInbox,
  };
}

/** What an address has to be, for messages to people. */
export const legalAddress =
  'letters, digits, "-" and "_", not ending in "-dlq" nor named like a reply queue, and with the prefix and "-dlq.fifo" at most 80 characters';
