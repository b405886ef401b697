import { TransportError, type ConsumeOptions, type Consumer, type Receive } from '../../src/core/transport.js';
import { readArrival, rulesOf } from './arrival.js';
import { Chain } from './chain.js';
import { consumeFrom } from './consume-from.js';
import { createControlListener } from './control-listener.js';
import type { Copier } from './copier.js';
import type { Counters } from './counters.js';
import { copyOf, messageOf } from './errors.js';
import { Hand, type Session } from './hand.js';
import { createHandling } from './handling.js';
import type { Attachment, Link } from './link.js';
import type { AmqpSettings, ReplyRoute } from './options.js';
import { reattach } from './reattach.js';
import { createRemembered } from './remembered.js';
import { createSettler, type Settler } from './settler.js';
import { startUpkeep } from './upkeep.js';
import type { Topology } from './topology.js';
import type { RawMessage } from './wire.js';

export interface ConsumerParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly topology: Topology;
  readonly copier: Copier;
  readonly address: string;
  readonly options: ConsumeOptions;
  readonly receive: Receive;
  readonly ownAddresses: Pick<ReadonlySet<string>, 'has'>;
  readonly replyRoute: () => ReplyRoute;
  /** What is wrong, for the health; undefined: nothing any more. */
  readonly onProblem: (kind: 'quarantine' | 'consumer', problem: string | undefined) => void;
  /** Those whose channel is not closed yet. */
  readonly openSettlers: Set<Settler>;
  readonly onStopped: (consumer: AttachedConsumer) => void;
}

export interface AttachedConsumer extends Consumer, Attachment {
  readonly isAttached: boolean;
  /** The first time: a set-up that cannot work rejects, instead of being told by `lost`. */
  attachFirst(link: Link): Promise<void>;
}

/** What the broker's prefetch count holds. */
const mostPrefetch = 65_535;
/** A worker that is killed meanwhile has its requests delivered again, as one that is killed right before an ack has. */
const ackDelayMs = 2;

export function createConsumer(parts: ConsumerParts): AttachedConsumer {
  const { settings, counters, topology, address, options } = parts;
  const { clock, log } = settings;
  const stopping = new AbortController();
  /** Of messages that went back to the broker, or whose channel went before they were settled. */
  const remembered = createRemembered(2 * options.intake);
  let session: Session | undefined;
  /** One that is set up: deliveries of it may be settled before the broker's answer is read. */
  let opening: Session | undefined;
  let resolveLost: (error: TransportError) => void = () => undefined;
  const lost = new Promise<TransportError>((resolve) => {
    resolveLost = resolve;
  });

  const handling = createHandling({
    ...parts,
    intake: options.intake,
    isStopped: () => stopping.signal.aborted,
    onQuarantine: (problem) => parts.onProblem('quarantine', problem),
    onDone(hand) {
      const { session: from } = hand;
      if (!from.settler.isOpen() || hand.quarantineTries > 0) remembered.note(hand.arrival.message.id, hand);
      if (session !== from) closeWhenEmpty(from);
    },
  });

  const served = () => ({ address, actions: options.actions, replyRoute: parts.replyRoute() });

  const control = options.control && createControlListener({ ...parts, control: options.control.bind(options) });

  startUpkeep({
    settings,
    signal: stopping.signal,
    link: () => session?.link,
    async declare(link) {
      await topology.worker(link, served());
      await control?.attach(link);
    },
    onResult: (failure) =>
      parts.onProblem('consumer', failure && `${JSON.stringify(address)} may not be reached: ${failure}`),
  });

  async function open(link: Link): Promise<void> {
    await topology.worker(link, served());
    // First: a cancel may come right behind its request.
    await control?.attach(link);
    const channel = await link.channel();
    const settler = createSettler({ channel, counters, clock, ackDelayMs, intake: options.intake });
    parts.openSettlers.add(settler);
    let tag: string | undefined;
    let isCancelled = false;
    const opened: Session = {
      link,
      settler,
      hands: new Chain(),
      rules: rulesOf(settings, { address, replyRoute: parts.replyRoute(), ownAddresses: parts.ownAddresses }),
      async cancel() {
        // Rejects when the channel has gone, and the consumer with it.
        if (tag !== undefined && settler.isOpen()) await channel.cancel(tag).catch(() => undefined);
      },
    };
    opening = opened;
    channel.on('close', () => {
      parts.openSettlers.delete(settler);
      for (const hand of [...opened.hands]) handling.release(hand);
      // What still runs after a stop can be cancelled until it has ended.
      if (stopping.signal.aborted) control?.end();
      end(opened, link);
    });
    await channel.prefetch(Math.min(options.intake, mostPrefetch));
    try {
      tag = await consumeFrom(address, { link, channel }, (message) => {
        if (message) take(message, opened);
        else {
          isCancelled = true;
          counters.add('consumers_cancelled');
          log.warn({ address }, 'the broker cancelled the consumer, as it does when the queue is deleted');
          end(opened, link);
        }
      });
    } catch (error) {
      void settler.close();
      throw error;
    }
    // The queue may have been deleted by now, and nobody would consume it again.
    if (isCancelled || !settler.isOpen()) {
      void settler.close();
      throw new Error('the consumer was cancelled while it was set up');
    }
    [session, opening] = [opened, undefined];
    parts.onProblem('consumer', undefined);
    if (stopping.signal.aborted) await quit(opened);
  }

  /** Nothing more comes on this one; what came is settled on it as long as it is open. */
  function end(ended: Session, link: Link): void {
    if (session !== ended) return;
    session = undefined;
    closeWhenEmpty(ended);
    void reattach(consumer, link, settings, {
      signal: stopping.signal,
      onFailure: (error) =>
        parts.onProblem('consumer', `${JSON.stringify(address)} is not consumed: ${messageOf(error)}`),
    });
  }

  async function attach(link: Link): Promise<void> {
    try {
      if (!stopping.signal.aborted) await open(link);
    } catch (error) {
      if (link.isGone || !(error instanceof TransportError)) throw error;
      parts.onProblem('consumer', `${JSON.stringify(address)} is not consumed any more: ${error.message}`);
      log.error({ address, reason: error.message }, 'consuming ended');
      stopping.abort();
      parts.onStopped(consumer);
      resolveLost(copyOf(error));
    }
  }

  function take(message: RawMessage, from: Session): void {
    const tag = message.fields.deliveryTag;
    counters.add('delivered');
    from.settler.noteDelivery(tag);
    if (stopping.signal.aborted) return from.settler.giveBack(tag);
    const nowMs = clock.now();
    const arrival = readArrival(message, from.rules, nowMs);
    if ('refused' in arrival) {
      counters.add('reply_to_refused');
      log.warn(
        { address, replyTo: arrival.refused },
        'a request was dropped for its reply_to; replyToAllow names those that are answered',
      );
      return from.settler.ack(tag);
    }
    const hand = new Hand(message, arrival, from, nowMs, remembered.take(arrival.message.id));
    from.hands.add(hand);
    handling.start(hand);
  }

  function closeWhenEmpty(ended: Session): void {
    if (ended.hands.size === 0 && ended !== opening) void ended.settler.close();
  }

  async function quit(current: Session): Promise<void> {
    for (const hand of [...current.hands]) handling.release(hand);
    await current.cancel();
    if (session === current) session = undefined;
    closeWhenEmpty(current);
  }

  const consumer: AttachedConsumer = {
    lost,
    get isAttached() {
      return session !== undefined;
    },
    attach,
    attachFirst: open,
    async stop() {
      if (!stopping.signal.aborted) parts.onStopped(consumer);
      stopping.abort();
      if (session) await quit(session);
      else control?.end();
    },
  };
  return consumer;
}
