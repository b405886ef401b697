import { TransportError } from '../../src/core/transport.js';
import { notSent } from './errors.js';
import type { AttachedInbox } from './inbox.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import type { Parcel } from './parcel.js';
import type { Topology } from './topology.js';

/** How long a worker that was seen is taken to be there. */
const seenForMs = 1_000;
const mostSeen = 10_000;

/** Sees to it that what is published arrives: its exchange, its reply's way back, and its worker where one is asked for. */
export interface Preparation {
  isDone(parcel: Parcel): boolean;
  /** Parcels with an equal key are prepared once. */
  keyOf(parcel: Parcel): string;
  /** @throws TransportError for the parcel; anything else means that the link is gone, and it is tried again. */
  prepare(parcel: Parcel, link: Link): Promise<void>;
  /** Publishing to this exchange works on this link. */
  prove(exchange: string): void;
  isProven(exchange: string): boolean;
  /** What was declared may be gone. */
  forget(): void;
}

export function createPreparation(parts: {
  readonly settings: AmqpSettings;
  readonly topology: Topology;
  readonly inboxOf: (address: string) => AttachedInbox | undefined;
  /** Of all inboxes. */
  readonly forgetBindings: () => void;
  /** The inboxes, consumers and bindings of this process are in place, or it has none. */
  readonly isConsumingReady: () => boolean;
  readonly consumingReady: () => Promise<unknown>;
}): Preparation {
  const { settings, topology } = parts;
  const { clock } = settings;
  /** Exchanges that are there, and to which a publish has succeeded. */
  const proven = new Set<string>();
  /** Exchanges to which the inbox should be bound, and may not. */
  const unbindable = new Set<string>();
  /** By address, in monotonic milliseconds. */
  const seen = new Map<string, number>();

  function needsBinding({ routingKey }: Parcel): boolean {
    return settings.replyRouteOf(routingKey) === 'request-exchange';
  }

  function wantsBinding(parcel: Parcel): boolean {
    if (needsBinding(parcel)) return true;
    // What is bound to one of these gets the requests, too.
    const reachesAll = ['fanout', 'headers'].includes(settings.exchangeTypes.get(parcel.exchange) ?? 'direct');
    return settings.takesEitherRoute && !reachesAll && !unbindable.has(parcel.exchange);
  }

  async function prepareInbox(inbox: AttachedInbox, parcel: Parcel): Promise<void> {
    try {
      await inbox.prepareFor(wantsBinding(parcel) ? parcel.exchange : undefined);
    } catch (error) {
      if (needsBinding(parcel) || !(error instanceof TransportError && error.code === 'setup')) throw error;
      unbindable.add(parcel.exchange);
    }
  }

  function isInboxReady(parcel: Parcel): boolean {
    if (parcel.inbox === undefined) return true;
    const inbox = parts.inboxOf(parcel.inbox);
    if (!inbox) return true;
    return inbox.queue() !== undefined && (!wantsBinding(parcel) || inbox.isBoundTo(parcel.exchange));
  }

  function isWorkerSeen({ worker }: Parcel): boolean {
    return worker === undefined || clock.monotonicMs() - (seen.get(worker) ?? -Infinity) < seenForMs;
  }

  async function declare({ kind, exchange }: Parcel, link: Link): Promise<void> {
    if (exchange === '' || proven.has(exchange)) return;
    if (kind === 'copy') await topology.copyExchange(link, exchange);
    else if ((await topology.callerExchange(link, exchange)) === 'missing') {
      throw notSent(
        'unroutable',
        `expected exchange ${JSON.stringify(exchange)} to exist, got none, and no permission to create it`,
      );
    }
  }

  async function lookForWorker(worker: string, link: Link): Promise<void> {
    const consumers = await topology.consumers(link, worker);
    if (consumers === 'missing')
      throw notSent('unroutable', `expected queue ${JSON.stringify(worker)} to exist, got none`);
    if (consumers === 0)
      throw notSent('no_worker', `expected a worker at ${JSON.stringify(worker)}, got a queue that nobody consumes`);
    if (seen.size >= mostSeen) seen.clear();
    seen.set(worker, clock.monotonicMs());
  }

  return {
    isDone: (parcel) =>
      proven.has(parcel.exchange) &&
      (parcel.kind !== 'request' || parts.isConsumingReady()) &&
      isInboxReady(parcel) &&
      isWorkerSeen(parcel),
    keyOf: ({ kind, exchange, inbox = '', worker = '' }) => JSON.stringify([kind, exchange, inbox, worker]),
    async prepare(parcel, link) {
      if (parcel.kind === 'request' && !parts.isConsumingReady()) await parts.consumingReady();
      // First: without a worker nothing else is worth a round trip.
      if (!isWorkerSeen(parcel) && parcel.worker !== undefined) await lookForWorker(parcel.worker, link);
      await declare(parcel, link);
      const inbox = isInboxReady(parcel) ? undefined : parts.inboxOf(parcel.inbox ?? '');
      if (inbox) await prepareInbox(inbox, parcel);
    },
    prove: (exchange) => void proven.add(exchange),
    isProven: (exchange) => proven.has(exchange),
    forget() {
      proven.clear();
      unbindable.clear();
      parts.forgetBindings();
    },
  };
}
