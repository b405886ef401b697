import type { Delivery, Disposition, Receive } from '../../src/core/transport.js';
import { idOf, type Hand } from './hand.js';
import type { Leases } from './leases.js';
import type { SqsParts } from './parts.js';
import type { Pasts } from './pasts.js';
import type { Settling } from './settling.js';
import { judge } from './unknown-action.js';
import type { Arrival } from './wire.js';

export interface StartingParts extends Pick<SqsParts, 'settings' | 'counters'> {
  readonly address: string;
  /** Those that are answered here. */
  readonly actions: readonly string[];
  readonly receive: Receive;
  readonly isStopped: () => boolean;
  readonly leases: Leases;
  readonly settling: Settling;
  readonly pasts: Pasts;
}

/** After `receive` itself has failed. */
const failedReceive: Disposition = { kind: 'retry', afterMs: 1_000 };

/** @returns what is done with a delivery whose turn in its group has come: it is run, or settled for what it is. */
export function createStarting(parts: StartingParts): (hand: Hand) => void {
  const { settings, counters, address, receive, leases, settling, pasts } = parts;
  const { log } = settings;
  const actions = new Set(parts.actions);

  function start(hand: Hand): void {
    if (!leases.isOurs(hand)) return;
    const { reading } = hand;
    if (parts.isStopped()) {
      settling.giveBack(hand, 0);
    } else if (reading.kind === 'refused') {
      counters.add('reply_to_refused');
      const fields = { id: reading.id, address, replyTo: reading.replyTo };
      log.warn(fields, 'a request was dropped for its reply-to: replies go to the inboxes of this prefix only');
      settling.remove(hand);
    } else if (reading.kind === 'foreign') {
      counters.add('foreign');
      settling.quarantine(hand, reading.reason);
    } else if (settings.unknownActions === 'return' && !actions.has(reading.message.action ?? '')) {
      leaveToOthers(hand, reading);
    } else {
      void run(hand, reading);
    }
  }

  /** To whoever knows the action. */
  function leaveToOthers(hand: Hand, arrival: Arrival): void {
    counters.add('unknown_actions');
    const verdict = judge(arrival, settings);
    if ('reason' in verdict) settling.quarantine(hand, verdict.reason);
    else settling.giveBack(hand, verdict.afterMs);
  }

  async function run(hand: Hand, arrival: Arrival): Promise<void> {
    hand.stage = 'running';
    let disposition = failedReceive;
    try {
      disposition = await receive(deliveryOf(hand, arrival));
    } catch (err) {
      log.error({ err, id: idOf(hand), address }, 'receiving a delivery failed; it is tried again');
    }
    settling.settle(hand, disposition);
  }

  function deliveryOf({ received, taken }: Hand, { message, sender, unreadable, redriven }: Arrival): Delivery {
    return {
      message,
      attempt: pasts.of(received.messageId).retries + 1,
      redelivered: received.receiveCount > 1,
      signal: taken.signal,
      ...(sender !== undefined && { sender }),
      ...(unreadable !== undefined && { unreadable }),
      ...(redriven !== undefined && { redriven }),
    };
  }

  return start;
}
