import type { Delivery, Disposition, Receive } from '../../src/core/transport.js';
import { backoffMs } from '../../src/core/backoff.js';
import type { Arrival } from './arrival.js';
import type { Copied } from './copies.js';
import type { Copier } from './copier.js';
import type { Counters } from './counters.js';
import { messageOf } from './errors.js';
import type { AmqpSettings } from './options.js';
import type { Settler } from './settler.js';
import type { RawMessage } from './wire.js';

/** Up to so long a retry waits in this process, unacked; it takes a place of the intake meanwhile. */
export const longestHoldMs = 10_000;
/** After `receive` itself has failed. */
const afterBugMs = 1_000;
const copyBackoff = { firstDelayMs: 500, maxDelayMs: 30_000 };

export interface HandParts {
  readonly address: string;
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly copier: Copier;
  readonly receive: Receive;
  readonly isStopped: () => boolean;
  /** Held retries leave no place for anything else. */
  readonly isCrowded: () => boolean;
  readonly onHeld: (by: 1 | -1) => void;
  readonly onQuarantine: (problem: string | undefined) => void;
  /** It is settled, or its channel is gone. `attempts`: what a redelivery would not know. */
  readonly onDone: (hand: Hand, attempts: number) => void;
}

/** One delivery from its arrival until it is settled on the channel it came on. */
export interface Hand {
  readonly id: string;
  start(): void;
  /** Its channel is gone: a wait for its next attempt ends. */
  drop(): void;
  /** Gives it back if it only waits for its next attempt. */
  release(): void;
}

export function createHand(
  raw: RawMessage,
  arrival: Arrival,
  settler: Settler,
  attemptsBefore: number,
  parts: HandParts,
): Hand {
  const { settings, counters, copier, address } = parts;
  const { clock, log, random } = settings;
  const { message } = arrival;
  const tag = raw.fields.deliveryTag;
  const { redelivered } = raw.fields;
  const arrivedMs = clock.now();
  let attempts = attemptsBefore;
  let isFirst = true;
  let isDone = false;
  let cancelHold: (() => void) | undefined;

  function done(settle?: () => void): void {
    if (isDone) return;
    isDone = true;
    settle?.();
    parts.onDone(hand, attempts);
  }

  /** Waits in this process, still unacked, and then goes on. */
  function hold(ms: number, then: () => void): void {
    if (!settler.isOpen) return done(() => counters.add('dropped_settles'));
    if (parts.isStopped()) return giveBack();
    parts.onHeld(1);
    const cancel = clock.after(ms, () => {
      cancelHold?.();
      if (!settler.isOpen) done();
      else if (parts.isStopped()) giveBack();
      else then();
    });
    cancelHold = () => {
      cancelHold = undefined;
      cancel();
      parts.onHeld(-1);
    };
  }

  function giveBack(): void {
    counters.add('given_back');
    done(() => settler.giveBack(tag));
  }

  function deliver(): void {
    const delivery: Delivery = {
      message,
      attempt: attempts + 1,
      redelivered: attempts > 0 || (isFirst && redelivered),
      ...(arrival.sender === undefined ? {} : { sender: arrival.sender }),
      ...(arrival.timeToLiveMs === undefined
        ? {}
        : { timeToLiveMs: Math.max(0, arrival.timeToLiveMs - (clock.now() - arrivedMs)) }),
      ...(arrival.unreadable === undefined ? {} : { unreadable: arrival.unreadable }),
    };
    isFirst = false;
    received(delivery).then(settle, (error: unknown) => {
      log.error(
        { id: message.id, address, reason: messageOf(error), err: error },
        'receiving a delivery failed; it is tried again',
      );
      settle({ kind: 'retry', afterMs: afterBugMs });
    });
  }

  async function received(delivery: Delivery): Promise<Disposition> {
    return parts.receive(delivery);
  }

  function settle(disposition: Disposition): void {
    switch (disposition.kind) {
      case 'ack':
        return done(() => settler.ack(tag));
      case 'return':
        return giveBack();
      case 'quarantine':
        attempts += 1;
        return quarantine(disposition.reason, 1);
      case 'retry':
        if (disposition.uncounted !== true) attempts += 1;
        return retry(sane(disposition.afterMs));
    }
  }

  function retry(afterMs: number): void {
    if (afterMs > longestHoldMs) return copy(1, 'ladder_retries', () => copier.later(address, afterMs, copied()));
    counters.add('held_retries');
    // To the end of the queue where it would be the only one ever served.
    const crowded = parts.isCrowded();
    hold(afterMs, () => (crowded ? copy(1, 'held_retries', () => copier.toTheEnd(address, copied())) : deliver()));
  }

  /** Publishes a copy, then acks; a copy that fails is tried again while this delivery is ours. */
  function copy(tries: number, counter: 'ladder_retries' | 'held_retries', publish: () => Promise<void>): void {
    if (!settler.isOpen) return done(() => counters.add('dropped_settles'));
    publish().then(
      () => {
        counters.add(counter);
        done(() => settler.ack(tag));
      },
      (error: unknown) => {
        log.warn(
          { id: message.id, address, reason: messageOf(error) },
          'a retry could not be put aside; it is held and tried again',
        );
        hold(backoffMs(tries, copyBackoff, random), () => copy(tries + 1, counter, publish));
      },
    );
  }

  function quarantine(reason: string, tries: number): void {
    if (!settler.isOpen) return done(() => counters.add('dropped_settles'));
    copier.quarantine(address, { ...copied(), reason: reason.slice(0, 2_000) }).then(
      () => {
        counters.add('quarantined');
        log.warn({ id: message.id, address, reason }, 'quarantined');
        parts.onQuarantine(undefined);
        done(() => settler.ack(tag));
      },
      (error: unknown) => {
        counters.add('quarantine_full');
        const problem = `the quarantine of ${JSON.stringify(address)} takes nothing: ${messageOf(error)}`;
        log.error(
          { id: message.id, address, reason: problem },
          'a delivery could not be quarantined; it goes back later',
        );
        parts.onQuarantine(problem);
        hold(afterBugMs + backoffMs(tries, copyBackoff, random), giveBack);
      },
    );
  }

  function copied(): Copied {
    const { exchange, sender, firstSeenMs, timeToLiveMs } = arrival;
    const impliedDeadlineMs = timeToLiveMs === undefined ? undefined : arrivedMs + timeToLiveMs;
    return { raw, message, exchange, sender, firstSeenMs, attempts, impliedDeadlineMs };
  }

  const hand: Hand = {
    id: message.id,
    start() {
      const earlyMs = (arrival.notBeforeMs ?? 0) - arrivedMs;
      if (earlyMs > 0) retry(earlyMs);
      else deliver();
    },
    drop() {
      if (!cancelHold) return;
      cancelHold();
      done();
    },
    release() {
      if (!cancelHold) return;
      cancelHold();
      giveBack();
    },
  };
  return hand;
}

/** No NaN, and nothing negative, into a timer. */
function sane(ms: number): number {
  return ms > 0 ? ms : 0;
}
