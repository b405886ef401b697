import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import type { Inbox, InboxHandlers } from '../../src/core/transport.js';
import type { Attachment } from './attachment.js';
import type { Counters } from './counters.js';
import { messageOf as textOf } from './errors.js';
import type { Link } from './link.js';
import { inboxPrefix } from './names.js';
import type { AmqpSettings } from './options.js';
import { createAcks, type Acks } from './acks.js';
import { createSettler } from './settler.js';
import type { Topology } from './topology.js';
import { bodyOf, messageOf, type RawMessage } from './wire.js';

export interface InboxParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly topology: Topology;
  readonly on: InboxHandlers;
  /** Replies on their way are lost: sends that wait for one are told first. */
  readonly abandonSends: (inbox: string) => void;
  readonly onClosed: (inbox: AttachedInbox) => void;
}

export interface AttachedInbox extends Inbox, Attachment {
  /** The queue to name in a request that is written now; undefined while there is none. */
  readonly queue: string | undefined;
  /** Whether replies published to this exchange arrive. */
  isBoundTo(exchange: string): boolean;
  /** Resolves once it is open, and bound to `exchange` if one is given. */
  prepareFor(exchange: string | undefined): Promise<void>;
}

/** Replies in hand at once: a flood stays in the broker. */
const prefetch = 512;
const reattachBackoff = { firstDelayMs: 200, maxDelayMs: 5_000 };

export function createInbox(parts: InboxParts): AttachedInbox {
  const { settings, counters, topology, on } = parts;
  const { clock, random, log } = settings;
  const newId = () => random.uuid();
  const isDurable = settings.inbox === 'durable';
  /** For an exclusive inbox only a name of ours: the queue has another after each reconnect. */
  const address = `${inboxPrefix}${settings.app}.${random.uuid()}`;
  const closing = new AbortController();
  const bound = new Set<string>();
  const whenOpen = new Set<() => void>();
  let current: { readonly link: Link; readonly queue: string; end(): Promise<void> } | undefined;
  let wasOpen = false;

  async function attach(link: Link): Promise<void> {
    if (closing.signal.aborted || current?.link === link) return;
    const found = isDurable ? await topology.inbox(link, address) : 'created';
    if (isDurable && wasOpen && found === 'created') lose();
    const channel = await link.channel();
    const settler = createSettler(channel, counters);
    const acks = createAcks(settler);
    await channel.prefetch(prefetch);
    const queue = isDurable ? address : (await channel.assertQueue('', { exclusive: true, durable: false })).queue;
    // An exchange may have gone with a broker that was restarted, and the binding with it.
    for (const exchange of bound) {
      await topology.callerExchange(link, exchange);
      await topology.bindInbox(link, queue, exchange);
    }
    const opened = {
      link,
      queue,
      async end() {
        current = undefined;
        if (!settler.isOpen) return;
        await channel.deleteQueue(queue);
        await channel.close();
      },
    };
    const end = () => {
      if (current !== opened) return;
      current = undefined;
      if (!isDurable) lose();
      if (settler.isOpen) channel.close().catch(() => undefined);
      if (!link.isGone && !closing.signal.aborted) void reattach(link);
    };
    channel.on('close', end);
    await channel.consume(queue, (message) => (message ? take(message, acks) : end()));
    if (!settler.isOpen) throw new Error('the channel was closed while the inbox was opened');
    current = opened;
    wasOpen = true;
    wake();
  }

  async function reattach(link: Link): Promise<void> {
    for (let tries = 1; !closing.signal.aborted && !link.isGone; tries += 1) {
      try {
        await attach(link);
        return;
      } catch (error) {
        if (link.isGone) return;
        log.error({ inbox: address, reason: textOf(error) }, 'the inbox could not be opened again');
        await delay(clock, backoffMs(tries, reattachBackoff, random), closing.signal).catch(() => undefined);
      }
    }
  }

  function wake(): void {
    const waiting = [...whenOpen];
    whenOpen.clear();
    for (const resolve of waiting) resolve();
  }

  function lose(): void {
    counters.add('inboxes_lost');
    parts.abandonSends(address);
    // Whoever waits for one of those sends hears of it first.
    setImmediate(() => {
      try {
        on.lost();
      } catch (error) {
        log.error({ inbox: address, err: error }, 'hearing of a lost inbox failed');
      }
    });
  }

  function take(raw: RawMessage, acks: Acks): void {
    const tag = raw.fields.deliveryTag;
    counters.add('replies');
    if (closing.signal.aborted) return;
    // A body that cannot be read is passed on as '': it is no reply that anybody can take for one.
    const { body } = bodyOf(raw.content, settings.maxBodyBytes);
    try {
      const received = on.receive(messageOf(raw, { body, newId }));
      if (!received) return acks.now(tag);
      acks.later(tag, received.catch(noteFailure));
    } catch (error) {
      noteFailure(error);
      acks.now(tag);
    }
  }

  function noteFailure(error: unknown): void {
    log.error({ inbox: address, err: error }, 'receiving a reply failed');
  }

  const inbox: AttachedInbox = {
    address,
    get queue() {
      return current?.queue;
    },
    attach,
    isBoundTo: (exchange) => bound.has(exchange),
    async prepareFor(exchange) {
      while (!current && !closing.signal.aborted) await new Promise<void>((resolve) => whenOpen.add(resolve));
      if (!current || exchange === undefined) return;
      await topology.bindInbox(current.link, current.queue, exchange);
      bound.add(exchange);
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      wake();
      parts.onClosed(inbox);
      // A queue that cannot be deleted now expires by itself.
      await current?.end().catch(() => undefined);
    },
  };
  return inbox;
}
