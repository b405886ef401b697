import { within } from '../../src/core/clock.js';
import type {
  ConsumeOptions,
  Consumer,
  Inbox,
  InboxHandlers,
  Message,
  Receive,
  SendOptions,
  Transport,
} from '../../src/core/transport.js';
import { attachNow } from './attach-now.js';
import { createConnection } from './connection.js';
import { createConsumer, type AttachedConsumer } from './consumer.js';
import { createControlSender } from './control-sender.js';
import { createCopier } from './copier.js';
import { createCounters } from './counters.js';
import { closedError, copyOf } from './errors.js';
import { createHealth } from './health.js';
import { createInbox, type AttachedInbox } from './inbox.js';
import { checkAddress } from './names.js';
import type { AmqpSettings } from './options.js';
import { createParcels } from './parcel.js';
import { createPreparation } from './preparation.js';
import { createReplyRoutes } from './reply-route.js';
import { createSender } from './sender.js';
import type { Settler } from './settler.js';
import { createTopology } from './topology.js';
import { traitsOf } from './traits.js';

/** How long a goodbye to the broker may take. */
const goodbyeMs = 1_000;

export interface AmqpTransport extends Transport, AsyncDisposable {
  /** Connects now, not only with the first use. @throws TransportError `setup` or `unavailable`, as that would. */
  connect(): Promise<void>;
}

export function createTransport(settings: AmqpSettings): AmqpTransport {
  const { clock, app } = settings;
  const counters = createCounters();
  const topology = createTopology(settings);
  const consumers = new Set<AttachedConsumer>();
  const inboxes = new Map<string, AttachedInbox>();
  /** Also of consumers that were stopped: deliveries in hand are settled later. */
  const openSettlers = new Set<Settler>();
  /** Addresses consumed here, with how many consumers each. */
  const addresses = new Map<string, number>();
  let closing: Promise<void> | undefined;

  const publishing = createConnection({
    role: 'publish',
    settings,
    name: () => connectionName('publish'),
    setUp: (link) => sender.open(link),
    onReady: () => sender.start(),
    onReconnect: () => counters.add('reconnects'),
    onHeadersDropped: () => counters.add('headers_dropped'),
    onBlocked(blocked) {
      sender.block(blocked);
      health.note();
    },
    onChange: () => health.note(),
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
    onHeadersDropped: () => counters.add('headers_dropped'),
    onBlocked: () => undefined,
    onChange: () => health.note(),
  });
  const health = createHealth({ clock, counters, publishing, consuming, isClosed: () => closing !== undefined });
  const preparation = createPreparation({
    settings,
    topology,
    inboxOf: (address) => inboxes.get(address),
    forgetBindings: () => inboxes.forEach((inbox) => inbox.forgetBindings()),
    isConsumingReady: () => consuming.state === 'idle' || consuming.link !== undefined,
    consumingReady: () => consuming.ready(),
  });
  const parcelOf = createParcels(settings, (name) => inboxes.get(name));
  const sender = createSender({
    settings,
    counters,
    preparation,
    connect: () => publishing.ready(),
    trouble: () => publishing.trouble ?? consuming.trouble,
  });
  const replyRoutes = createReplyRoutes({
    settings,
    link: () => publishing.ready(),
    onAllowed: () => preparation.prove(''),
  });
  const copier = createCopier({ settings, sender, topology, link: () => publishing.ready() });

  const control = createControlSender({ settings, counters, link: () => publishing.link });

  function connectionName(role: string): string {
    return ['samovar', app, [...addresses.keys()].join(','), role].filter((part) => part !== '').join(' ');
  }

  async function consume(address: string, options: ConsumeOptions, receive: Receive): Promise<Consumer> {
    if (closing) throw closedError();
    checkAddress(address);
    addresses.set(address, (addresses.get(address) ?? 0) + 1);
    const consumer = createConsumer({
      settings,
      counters,
      topology,
      copier,
      openSettlers,
      address,
      options,
      receive,
      ownAddresses: { has: (name) => addresses.has(name) },
      replyRoute: () => replyRoutes.of(address),
      onProblem: (kind, problem) => health.setProblem(`${kind}:${address}`, problem),
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
      await replyRoutes.prepareFor(address);
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
    await within(clock, goodbyeMs, Promise.all([...consumers].map((consumer) => consumer.stop())));
    await Promise.all([sender.close(), within(clock, goodbyeMs, control.close())]);
    await within(clock, goodbyeMs, Promise.all([...inboxes.values()].map((inbox) => inbox.close())));
    // A connection may be closed before the broker has read what its channels wrote last; a channel may not.
    await within(clock, goodbyeMs, Promise.all([...openSettlers].map((settler) => settler.close())));
    await Promise.all([publishing.close(), consuming.close()]);
  }

  return {
    name: 'amqp',
    traits: traitsOf(settings),
    get status() {
      return health.status;
    },
    send(address: string, message: Message, options: SendOptions = {}) {
      try {
        if (closing) throw closedError();
        if (options.control === true) return control.send(address, message);
        return sender.post(parcelOf(address, message, options));
      } catch (error) {
        return Promise.reject(copyOf(error));
      }
    },
    async connect() {
      await Promise.all([publishing.ready(), consuming.ready()]);
    },
    consume,
    openInbox,
    health: () =>
      health.snapshot({
        waiting_sends: sender.waiting(),
        unconfirmed_sends: sender.unconfirmed(),
        consumers: [...consumers].filter(({ isAttached }) => isAttached).length,
      }),
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };

  function closeOnce(): Promise<void> {
    closing ??= close().finally(() => health.note());
    return closing;
  }
}
