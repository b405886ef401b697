import type { Delivery, Disposition, Receive } from '../../src/core/transport.js';
import { backoffMs } from '../../src/core/backoff.js';
import type { Copied } from './copy-properties.js';
import type { Copier } from './copier.js';
import type { CounterName, Counters } from './counters.js';
import { messageOf } from './errors.js';
import { HandDelivery, type Hand } from './hand.js';
import type { AmqpSettings } from './options.js';
import type { Mutable } from './wire.js';

/** Up to so long a retry waits in this process, unacked; it takes a place of the intake meanwhile. */
export const longestHoldMs = 10_000;
/** After `receive` itself has failed. */
const afterBugMs = 1_000;
const quarantineBackoff = { firstDelayMs: 500, maxDelayMs: 60_000 };
const copyBackoff = { firstDelayMs: 500, maxDelayMs: 30_000 };

export interface HandlingParts {
  readonly address: string;
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly copier: Copier;
  readonly receive: Receive;
  readonly isStopped: () => boolean;
  readonly intake: number;
  readonly onQuarantine: (problem: string | undefined) => void;
  /** It is settled, or its channel is gone. */
  readonly onDone: (hand: Hand) => void;
}

export interface Handling {
  start(hand: Hand): void;
  /** Gives it back if it only waits for its next attempt; with its channel gone the broker has done so. */
  release(hand: Hand): void;
}

/** What becomes of deliveries. One for all of a consumer: a delivery costs an object, and no closures. */
export function createHandling(parts: HandlingParts): Handling {
  const { settings, counters, copier, address } = parts;
  const { clock, log, random } = settings;
  /** How many wait for their next attempt. */
  let held = 0;

  function done(hand: Hand): void {
    hand.isDone = true;
    hand.session.hands.delete(hand);
    parts.onDone(hand);
  }

  function ack(hand: Hand): void {
    if (hand.isDone) return;
    hand.quarantineTries = 0;
    hand.session.settler.ack(hand.raw.fields.deliveryTag);
    done(hand);
  }

  function giveBack(hand: Hand): void {
    if (hand.isDone) return;
    counters.add('given_back');
    hand.session.settler.giveBack(hand.raw.fields.deliveryTag);
    done(hand);
  }

  /** Whether its channel is there to settle it on; where not, the broker has given it to somebody else. */
  function isOurs(hand: Hand): boolean {
    if (hand.session.settler.isOpen()) return true;
    counters.add('dropped_settles');
    done(hand);
    return false;
  }

  /** Waits in this process, still unacked, and then goes on. */
  function hold(hand: Hand, ms: number, then: () => void): void {
    if (!isOurs(hand)) return;
    if (parts.isStopped()) return giveBack(hand);
    held += 1;
    const cancel = clock.after(ms, () => {
      hand.cancelHold?.();
      if (parts.isStopped()) giveBack(hand);
      else then();
    });
    hand.cancelHold = () => {
      hand.cancelHold = undefined;
      cancel();
      held -= 1;
    };
  }

  function deliver(hand: Hand): void {
    const { arrival, arrivedMs } = hand;
    const { sender, timeToLiveMs, unreadable, redriven } = arrival;
    const delivery: Mutable<Delivery> = new HandDelivery(hand);
    if (sender !== undefined) delivery.sender = sender;
    if (timeToLiveMs !== undefined) delivery.timeToLiveMs = Math.max(0, timeToLiveMs - (clock.now() - arrivedMs));
    if (unreadable !== undefined) delivery.unreadable = unreadable;
    if (redriven !== undefined) delivery.redriven = redriven;
    hand.isFirst = false;
    void receive(hand, delivery);
  }

  async function receive(hand: Hand, delivery: Delivery): Promise<void> {
    try {
      settle(hand, await parts.receive(delivery));
    } catch (error) {
      const fields = { id: delivery.message.id, address, reason: messageOf(error), err: error };
      log.error(fields, 'receiving a delivery failed; it is tried again');
      if (!hand.isDone) settle(hand, { kind: 'retry', afterMs: afterBugMs });
    }
  }

  function settle(hand: Hand, disposition: Disposition): void {
    switch (disposition.kind) {
      case 'ack':
        return ack(hand);
      case 'return':
        return giveBack(hand);
      case 'quarantine':
        hand.attempts += 1;
        return quarantine(hand, disposition.reason);
      case 'retry':
        if (disposition.uncounted !== true) hand.attempts += 1;
        return retry(hand, sane(disposition.afterMs));
      default:
        throw new TypeError(`expected a disposition, got ${JSON.stringify(disposition)}`);
    }
  }

  function retry(hand: Hand, afterMs: number): void {
    if (afterMs > longestHoldMs) {
      return copy(hand, 1, 'ladder_retries', () => copier.later(address, afterMs, copied(hand)));
    }
    counters.add('held_retries');
    // To the end of the queue where it would be the only one ever served.
    const crowded = held + 1 >= parts.intake;
    hold(hand, afterMs, () => {
      if (crowded) copy(hand, 1, 'requeued_retries', () => copier.toTheEnd(address, copied(hand)));
      else deliver(hand);
    });
  }

  /** Publishes a copy, then acks; a copy that fails is tried again while this delivery is ours. */
  function copy(hand: Hand, tries: number, counter: CounterName, publish: () => Promise<void>): void {
    if (!isOurs(hand)) return;
    publish().then(
      () => {
        counters.add(counter);
        ack(hand);
      },
      (error: unknown) => {
        if (!isOurs(hand)) return;
        const fields = { id: hand.arrival.message.id, address, reason: messageOf(error) };
        log.warn(fields, 'a retry could not be put aside; it is held and tried again');
        hold(hand, backoffMs(tries, copyBackoff, random), () => copy(hand, tries + 1, counter, publish));
      },
    );
  }

  function quarantine(hand: Hand, reason: string): void {
    if (!isOurs(hand)) return;
    const { id } = hand.arrival.message;
    copier.quarantine(address, { ...copied(hand), reason: reason.slice(0, 2_000) }).then(
      () => {
        counters.add('quarantined');
        log.warn({ id, address, reason }, 'quarantined');
        parts.onQuarantine(undefined);
        ack(hand);
      },
      (error: unknown) => {
        if (!isOurs(hand)) return;
        counters.add('quarantine_full');
        const problem = `the quarantine of ${JSON.stringify(address)} takes nothing: ${messageOf(error)}`;
        log.error({ id, address, reason: problem }, 'a delivery could not be quarantined; it goes back later');
        parts.onQuarantine(problem);
        // Its next delivery is the same attempt, for whatever reason it is quarantined then.
        hand.attempts -= 1;
        hand.quarantineTries += 1;
        const afterMs = afterBugMs + backoffMs(hand.quarantineTries, quarantineBackoff, random);
        hold(hand, afterMs, () => giveBack(hand));
      },
    );
  }

  return {
    start(hand) {
      const earlyMs = (hand.arrival.notBeforeMs ?? 0) - hand.arrivedMs;
      if (earlyMs > 0) retry(hand, earlyMs);
      else deliver(hand);
    },
    release(hand) {
      if (!hand.session.settler.isOpen()) hand.copying?.abort();
      if (!hand.cancelHold) return;
      hand.cancelHold();
      if (hand.session.settler.isOpen()) giveBack(hand);
      else done(hand);
    },
  };
}

function copied(hand: Hand): Copied {
  const { raw, arrival, arrivedMs, attempts } = hand;
  hand.copying ??= new AbortController();
  const { message, exchange, sender, firstSeenMs, timeToLiveMs } = arrival;
  const impliedDeadlineMs = timeToLiveMs === undefined ? undefined : arrivedMs + timeToLiveMs;
  return { raw, message, exchange, sender, firstSeenMs, attempts, impliedDeadlineMs, signal: hand.copying.signal };
}

/** No NaN, and nothing negative, into a timer. */
function sane(ms: number): number {
  return ms > 0 ? ms : 0;
}
