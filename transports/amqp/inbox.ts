import type { Channel } from 'amqplib';
import type { Inbox, InboxHandlers } from '../../src/core/transport.js';
import { consumeFrom } from './consume-from.js';
import type { Counters } from './counters.js';
import { messageOf as textOf } from './errors.js';
import type { Attachment, Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import { inboxName } from './names.js';
import type { AmqpSettings } from './options.js';
import { inboxQueue } from './plan.js';
import { reattach } from './reattach.js';
import { createSettler, type Settler } from './settler.js';
import type { Topology } from './topology.js';
import { bodyOf, messageOf, text, type RawMessage } from './wire.js';

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
  queue(): string | undefined;
  /** Whether replies published to this exchange arrive. */
  isBoundTo(exchange: string): boolean;
  /** Exchanges may be gone, and their bindings with them. */
  forgetBindings(): void;
  /** Resolves once it is open, and bound to `exchange` if one is given. */
  prepareFor(exchange: string | undefined): Promise<void>;
}

/** Replies in hand at once, where they are acked: a flood stays in the broker. */
const prefetch = 512;
/**
 * Acks of replies wait for each other: each is a write, here and in the broker. What a cut makes of them are second
 * replies to requests that are settled, which nobody misses.
 */
const ackDelayMs = 10;

export function createInbox(parts: InboxParts): AttachedInbox {
  const { settings, counters, topology, on } = parts;
  const { clock, random, log } = settings;
  const newId = () => random.uuid();
  const isDurable = settings.inbox === 'durable';
  /** For an exclusive inbox only a name of ours: the queue has another after each reconnect. */
  const address = inboxName(settings.app, random.uuid());
  const closing = new AbortController();
  /** Those to bind again after a reconnect; `bound` is what is known to be bound now. */
  const wanted = new Set<string>();
  const bound = new Set<string>();
  const whenOpen = new Set<() => void>();
  let current: { readonly link: Link; readonly queue: string; end(): Promise<void> } | undefined;
  let wasOpen = false;

  async function attach(link: Link): Promise<void> {
    if (closing.signal.aborted || current?.link === link) return;
    const found = isDurable ? await topology.inbox(link, address) : 'created';
    if (isDurable && wasOpen && found === 'created') lose();
    const channel = await link.channel();
    try {
      await openOn(channel, link);
    } catch (error) {
      // Or each further attempt leaves one more.
      if (!link.isGone) channel.close().catch(() => undefined);
      throw error;
    }
  }

  async function openOn(channel: Channel, link: Link): Promise<void> {
    const settler = createSettler({ channel, counters, clock, ackDelayMs, intake: prefetch });
    if (isDurable) await channel.prefetch(prefetch);
    const queue = isDurable ? address : (await declareExclusive(channel, link)).queue;
    // An exchange may have gone with a broker that was restarted, and the binding with it.
    for (const exchange of wanted) await bindAgain(link, queue, exchange);
    const opened = {
      link,
      queue,
      async end() {
        current = undefined;
        if (!settler.isOpen()) return;
        await channel.deleteQueue(queue);
        await settler.close();
      },
    };
    const end = () => {
      if (current !== opened) return;
      current = undefined;
      if (!isDurable) lose();
      void settler.close();
      void reattach(inbox, link, settings, {
        signal: closing.signal,
        onFailure: (error) =>
          log.error({ inbox: address, reason: textOf(error) }, 'the inbox could not be opened again'),
      });
    };
    channel.on('close', end);
    // What an exclusive queue has handed out is lost with the connection, acked or not: without acks a call costs 7 % less.
    const noAck = !isDurable;
    await consumeFrom(queue, { link, channel }, (message) => (message ? take(message, settler) : end()), { noAck });
    if (!settler.isOpen()) throw new Error('the channel was closed while the inbox was opened');
    current = opened;
    wasOpen = true;
    wake();
  }

  /** The broker names it. */
  function declareExclusive(channel: Channel, link: Link): Promise<{ readonly queue: string }> {
    return channel.assertQueue('', { exclusive: true, durable: false }).catch((error: unknown) => {
      throw explainRefusal(link, inboxQueue(settings, 'amq.gen-*'), error) ?? error;
    });
  }

  /** One exchange that cannot be bound must not keep all others from being answered. */
  async function bindAgain(link: Link, queue: string, exchange: string): Promise<void> {
    try {
      await topology.callerExchange(link, exchange);
      await topology.bindInbox(link, queue, exchange);
      bound.add(exchange);
    } catch (error) {
      if (link.isGone) throw error;
      // The next send to it binds it, or is told what is in the way.
      wanted.delete(exchange);
      bound.delete(exchange);
      log.error({ inbox: address, exchange, reason: textOf(error) }, 'replies through an exchange cannot arrive now');
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

  function take(raw: RawMessage, settler: Settler): void {
    const tag = raw.fields.deliveryTag;
    counters.add('replies');
    if (isDurable) settler.noteDelivery(tag);
    if (closing.signal.aborted) return;
    // A request: what is bound to the exchange of an action may get those, too.
    if (text(raw.properties.replyTo) !== undefined) return ack(tag, settler);
    // A body that cannot be read is passed on as '': it is no reply that anybody can take for one.
    const { body } = bodyOf(raw.content, settings.maxBodyBytes);
    try {
      const received = on.receive(messageOf(raw, { body, newId }));
      if (received) void received.catch(noteFailure).then(() => ack(tag, settler));
      else ack(tag, settler);
    } catch (error) {
      noteFailure(error);
      ack(tag, settler);
    }
  }

  function ack(tag: number, settler: Settler): void {
    if (isDurable) settler.ack(tag);
  }

  function noteFailure(error: unknown): void {
    log.error({ inbox: address, err: error }, 'receiving a reply failed');
  }

  const inbox: AttachedInbox = {
    address,
    queue() {
      return current?.queue;
    },
    attach,
    isBoundTo: (exchange) => bound.has(exchange),
    forgetBindings: () => bound.clear(),
    async prepareFor(exchange) {
      for (;;) {
        while (!current && !closing.signal.aborted) await new Promise<void>((resolve) => whenOpen.add(resolve));
        if (!current || exchange === undefined) return;
        const { link, queue } = current;
        try {
          await topology.bindInbox(link, queue, exchange);
          // Another one has come meanwhile, and it is not bound.
          if (current !== undefined && current.queue !== queue) continue;
          wanted.add(exchange);
          bound.add(exchange);
          return;
        } catch (error) {
          // With its connection gone it comes back on the next one.
          if (!link.isGone) throw error;
          if (current?.link === link) current = undefined;
        }
      }
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
