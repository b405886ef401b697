import { delay } from '../../src/core/clock.js';
import type {
  ConsumeOptions,
  Consumer,
  Inbox,
  InboxHandlers,
  Message,
  Receive,
  SendOptions,
  Transport,
  TransportHealth,
  TransportStatus,
} from '../../src/core/transport.js';
import { createConnection, type Connection } from './connection.js';
import { createConsumer, type AttachedConsumer } from './consumer.js';
import { createCopier } from './copier.js';
import { createCounters } from './counters.js';
import { closedError, copyOf, notSent } from './errors.js';
import { createInbox, type AttachedInbox } from './inbox.js';
import type { Link } from './link.js';
import type { AmqpSettings, ReplyRoute } from './options.js';
import { parcelOf } from './parcels.js';
import { createPreparation } from './preparation.js';
import { mayUseDefaultExchange } from './probe.js';
import { createSender } from './sender.js';
import { createTopology } from './topology.js';

/** How long a goodbye to the broker may take. */
const goodbyeMs = 1_000;

export interface AmqpTransport extends Transport {
  /** Connects now, not only with the first use. @throws TransportError `setup` or `unavailable`, as that would. */
  connect(): Promise<void>;
}

export function createTransport(settings: AmqpSettings): AmqpTransport {
  const { clock, random, app, log } = settings;
  const counters = createCounters();
  const topology = createTopology(settings);
  const consumers = new Set<AttachedConsumer>();
  const inboxes = new Map<string, AttachedInbox>();
  /** Addresses consumed here, with how many consumers each. */
  const addresses = new Map<string, number>();
  const problems = new Map<string, string>();
  let defaultExchange: Promise<boolean> | undefined;
  let mayReplyDirectly = true;
  let closing: Promise<void> | undefined;
  let status: TransportStatus = 'connecting';
  let since = clock.now();

  const publishing = createConnection({
    role: 'publish',
    settings,
    name: () => connectionName('publish'),
    setUp: (link) => sender.open(link),
    onReady: () => sender.start(),
    onReconnect: () => counters.add('reconnects'),
    onBlocked(blocked) {
      sender.block(blocked);
      noteStatus();
    },
    onChange: noteStatus,
  });
  const consuming = createConnection({
    role: 'consume',
    settings,
    name: () => connectionName('consume'),
    async setUp(link) {
      for (const each of [...inboxes.values(), ...consumers]) await each.attach(link);
    },
    onReady: () => undefined,
    onReconnect: () => counters.add('reconnects'),
    onBlocked: () => undefined,
    onChange: noteStatus,
  });
  const preparation = createPreparation({
    settings,
    topology,
    inboxOf: (address) => inboxes.get(address),
    isConsumingReady: () => consuming.state === 'idle' || consuming.link !== undefined,
    consumingReady: () => consuming.ready(),
  });
  const sender = createSender({
    settings,
    counters,
    preparation,
    connect: () => publishing.ready(),
    trouble: () => publishing.trouble ?? consuming.trouble,
  });
  const copier = createCopier({ settings, sender, topology, link: () => publishing.ready() });

  function connectionName(role: string): string {
    return ['samovar', app, [...addresses.keys()].join(','), role].filter((part) => part !== '').join(' ');
  }

  function currentStatus(): TransportStatus {
    if (closing) return 'closed';
    const used = [publishing, consuming].filter(({ state }) => state !== 'idle');
    if (used.length === 0 || used.some(({ state }) => state !== 'ready')) return 'connecting';
    return publishing.link?.isBlocked === true ? 'blocked' : 'ready';
  }

  function noteStatus(): void {
    const now = currentStatus();
    if (now === status) return;
    status = now;
    since = clock.now();
  }

  /** Attaches to the connection that there is, and to the next one if that goes meanwhile. */
  async function attachNow(connection: Connection, attach: (link: Link) => Promise<void>): Promise<void> {
    for (;;) {
      const link = await connection.ready();
      try {
        await attach(link);
        if (!link.isGone) return;
      } catch (error) {
        if (!link.isGone) throw copyOf(error);
      }
    }
  }

  async function replyRouteAt(address: string): Promise<void> {
    if (settings.replyRouteOf(address) !== 'default') return;
    defaultExchange ??= publishing
      .ready()
      .then((link) => mayUseDefaultExchange(link, `samovar.probe.${random.uuid()}`));
    try {
      mayReplyDirectly = await defaultExchange;
    } catch {
      defaultExchange = undefined;
      return;
    }
    if (mayReplyDirectly) sender.prove('');
    else
      log.warn(
        { address },
        'no write permission on the default exchange: replies go through the exchange of their request',
      );
  }

  async function consume(address: string, options: ConsumeOptions, receive: Receive): Promise<Consumer> {
    if (closing) throw closedError();
    addresses.set(address, (addresses.get(address) ?? 0) + 1);
    const consumer = createConsumer({
      settings,
      counters,
      topology,
      copier,
      address,
      options,
      receive,
      ownAddresses: { has: (name) => addresses.has(name) },
      replyRoute: (): ReplyRoute => (mayReplyDirectly ? settings.replyRouteOf(address) : 'request-exchange'),
      onProblem: (kind, problem) => {
        if (problem === undefined) problems.delete(`${kind}:${address}`);
        else problems.set(`${kind}:${address}`, problem);
      },
      onStopped: (stopped) => leave(stopped),
    });
    function leave(stopped: AttachedConsumer): void {
      consumers.delete(stopped);
      const left = (addresses.get(address) ?? 1) - 1;
      if (left > 0) addresses.set(address, left);
      else addresses.delete(address);
    }
    try {
      await publishing.ready();
      await replyRouteAt(address);
      await attachNow(consuming, (link) => consumer.attachFirst(link));
      consumers.add(consumer);
    } catch (error) {
      await consumer.stop();
      throw error;
    }
    return consumer;
  }

  async function openInbox(on: InboxHandlers): Promise<Inbox> {
    if (closing) throw closedError();
    const inbox = createInbox({
      settings,
      counters,
      topology,
      on,
      abandonSends: (address) => sender.abandonInbox(address),
      onClosed: (closed) => void inboxes.delete(closed.address),
    });
    await attachNow(consuming, (link) => inbox.attach(link));
    inboxes.set(inbox.address, inbox);
    return inbox;
  }

  async function close(): Promise<void> {
    await within(goodbyeMs, Promise.all([...consumers].map((consumer) => consumer.stop())));
    await sender.close();
    await within(goodbyeMs, Promise.all([...inboxes.values()].map((inbox) => inbox.close())));
    await Promise.all([publishing.close(), consuming.close()]);
  }

  /** Waits for it, but not longer: the broker may not be there to answer. */
  async function within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const late = delay(clock, ms, done.signal).catch(() => undefined);
    await Promise.race([work, late]);
    done.abort();
  }

  return {
    name: 'amqp',
    traits: {
      maxBodyBytes: settings.maxBodyBytes,
      ordering: 'none',
      countsAttempts: false,
      canCancel: false,
      reportsUnroutable: settings.confirms,
      reportsNoWorker: true,
      // Some time is left to notice before the broker takes the delivery away.
      maxHoldMs: Math.floor((settings.brokerAckTimeoutMs * 25) / 30),
      survivesBrokerCrash: true,
    },
    get status() {
      return currentStatus();
    },
    async send(address: string, message: Message, options: SendOptions = {}) {
      if (closing) throw closedError();
      if (options.control === true)
        throw notSent('rejected', 'expected a transport that carries control messages, got one that does not');
      await sender.post(parcelOf(address, message, options, { settings, inboxOf: (name) => inboxes.get(name) }));
    },
    async connect() {
      await Promise.all([publishing.ready(), consuming.ready()]);
    },
    consume,
    openInbox,
    health(): TransportHealth {
      noteStatus();
      const reasons = [publishing.trouble, consuming.trouble, ...problems.values()].filter(
        (reason) => reason !== undefined,
      );
      if (publishing.link?.isBlocked === true) reasons.push('the broker takes nothing from senders');
      return {
        status,
        since,
        reconnects: counters.get('reconnects'),
        ...(reasons.length === 0 || status === 'closed' ? {} : { reason: reasons.join('; ') }),
        counters: {
          ...counters.snapshot(),
          waiting_sends: sender.waiting,
          unconfirmed_sends: sender.unconfirmed,
          consumers: [...consumers].filter(({ isAttached }) => isAttached).length,
        },
      };
    },
    close() {
      closing ??= close().finally(noteStatus);
      return closing;
    },
  };
}
