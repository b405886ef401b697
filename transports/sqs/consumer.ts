import { setMaxListeners } from 'node:events';
import { TransportError, type ConsumeOptions, type Consumer, type Receive } from '../../src/core/transport.js';
import type { ReceivedMessage, VisibilityEntry } from './api.js';
import { createBatches, mostPerCall } from './batches.js';
import { createGroups } from './groups.js';
import type { Hand } from './hand.js';
import { createLeases } from './leases.js';
import type { SqsParts } from './parts.js';
import { createPasts } from './pasts.js';
import { startPoll } from './poll.js';
import { createSettling } from './settling.js';
import { createStarting } from './starting.js';
import { decode } from './wire.js';

/** Messages whose attempts are known here. */
const mostPasts = 10_000;

export interface SqsConsumer extends Consumer {
  /** Resolves once it has stopped and nothing is in hand any more: the transport may forget it. */
  readonly over: Promise<void>;
}

/**
 * Takes requests from the queue of an address: each group in order and one at a time, the groups side by side. While
 * the transport closes everything goes back that is not settled; `stop` resolves once it is back.
 */
export async function startConsumer(
  parts: SqsParts,
  address: string,
  options: ConsumeOptions,
  receive: Receive,
): Promise<SqsConsumer> {
  const { settings, api, counters, queues, rules, closing } = parts;
  const { clock, log } = settings;
  let url = await queues.address(address);
  const held = new Map<string, Hand>();
  const pasts = createPasts(mostPasts);
  let isStopped = false;
  /** Its last poll has returned too. */
  let hasStopped = false;
  let resolveLost: (error: TransportError) => void = () => undefined;
  const lost = new Promise<TransportError>((resolve) => {
    resolveLost = resolve;
  });
  let resolveOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    resolveOver = resolve;
  });

  const changes = createBatches<VisibilityEntry>(clock, (entries) => api.changeVisibilityBatch(url, entries));
  const deletes = createBatches<string>(clock, (receipts) => {
    counters.add('delete_batches');
    return api.deleteBatch(url, receipts);
  });
  const leases = createLeases({ settings, counters, changes, onLost: (hand, reason) => settling.lose(hand, reason) });
  const groups = createGroups<Hand>((hand) => start(hand));
  const settling = createSettling({
    ...parts,
    ...{ address, groups, leases, deletes, changes, pasts },
    onDone(hand) {
      if (held.get(hand.received.messageId) === hand) held.delete(hand.received.messageId);
      if (hasStopped) leave();
      poll.wake();
    },
  });
  const start = createStarting({
    ...parts,
    ...{ address, actions: options.actions, receive, isStopped: () => isStopped, leases, settling, pasts },
  });
  const poll = startPoll({
    ...parts,
    url: () => url,
    room: () => options.intake - held.size,
    of: 'requests',
    onMessages: take,
    async onNoQueue() {
      queues.forget(url);
      try {
        url = await queues.address(address);
      } catch (error) {
        if (error instanceof TransportError && error.code === 'setup') end(error);
        throw error;
      }
    },
  });

  function take(messages: readonly ReceivedMessage[], sentMs: number): void {
    counters.add('delivered', messages.length);
    const hands = messages.map((received) => hold(received, sentMs));
    if (hands.length === mostPerCall && hands.every(({ group }) => group === hands[0]?.group)) {
      counters.add('single_group_polls');
    }
    if (!isStopped) return groups.add(hands);
    for (const hand of hands) {
      settling.giveBack(hand, 0);
      if (closing.aborted) hand.taken.abort(closed());
    }
  }

  function hold(received: ReceivedMessage, sentMs: number): Hand {
    const earlier = held.get(received.messageId);
    if (earlier) settling.lose(earlier, new Error('SQS has handed this delivery out again'));
    const hand: Hand = {
      received,
      reading: decode(received, address, rules),
      group: received.groupId ?? received.messageId,
      receivedMs: clock.monotonicMs(),
      firstSeenMs: clock.now(),
      taken: new AbortController(),
      stage: 'waiting',
      lease: { endsMs: 0, renewAtMs: 0, renewing: undefined, tries: 0, failure: undefined },
    };
    held.set(received.messageId, hand);
    leases.add(hand, sentMs);
    return hand;
  }

  function end(error: TransportError): void {
    log.error({ address, reason: error.message }, 'consuming ended');
    parts.setProblem(`consumer:${address}`, `${JSON.stringify(address)} is not consumed any more: ${error.message}`);
    resolveLost(error);
    void stop();
  }

  function giveAllBack(): void {
    isStopped = true;
    const hands = [...held.values()];
    for (const hand of hands) if (hand.stage !== 'settling') settling.giveBack(hand, 0);
    // Ends the waits between their tries, and tells what still runs.
    for (const hand of hands) hand.taken.abort(closed());
  }

  async function stop(): Promise<void> {
    isStopped = true;
    settling.giveBackWaiting();
    await poll.stop();
    await settling.settled();
    hasStopped = true;
    leave();
  }

  function leave(): void {
    if (held.size > 0) return;
    closing.removeEventListener('abort', giveAllBack);
    resolveOver();
  }

  // One for each consumer: no leak, of which Node would warn.
  setMaxListeners(0, closing);
  closing.addEventListener('abort', giveAllBack, { once: true });
  parts.setProblem(`consumer:${address}`, undefined);
  return { stop, lost, over };
}

function closed(): Error {
  return new Error('the transport was closed');
}
