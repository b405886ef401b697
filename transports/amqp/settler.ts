import type { Channel } from 'amqplib';
import type { Clock } from '../../src/core/clock.js';
import type { Counters } from './counters.js';

/**
 * Settles what came on one channel, on that channel. Tags start at 1 on each: an ack that goes to another channel
 * settles somebody else's delivery.
 */
export interface Settler {
  isOpen(): boolean;
  /** To be called for each delivery as it comes, in order. */
  noteDelivery(tag: number): void;
  /** Acked with the others of its time, in one frame where nothing before them is unsettled. */
  ack(tag: number): void;
  /** To the head of the queue, for anybody. */
  giveBack(tag: number): void;
  /** Writes the acks that wait, and ends the channel. Resolves once it is closed: then the broker has them all. */
  close(): Promise<void>;
}

export interface SettlerParts {
  readonly channel: Channel;
  readonly counters: Counters;
  readonly clock: Clock;
  /** How long an ack waits for others: each frame is a write, here and in the broker. */
  readonly ackDelayMs: number;
  /** Deliveries held at once. What waits for its ack takes a place of these: a quarter at most, and none of a few. */
  readonly intake: number;
}

export function createSettler({ channel, counters, clock, ackDelayMs, intake }: SettlerParts): Settler {
  const mostWaiting = intake >> 2;
  /** In the order they came, and so sorted. Arrays, for the reason that a Chain is no Set. */
  const unsettled: number[] = [];
  const acked: number[] = [];
  let isOpen = true;
  let isClosing = false;
  let cancelFlush: (() => void) | undefined;
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  channel.prependListener('close', () => {
    isOpen = false;
    cancelFlush?.();
    counters.add('dropped_settles', acked.length);
    acked.length = 0;
    resolveClosed();
  });

  // The client library reads no more of a message than its tag.
  const tagged = (deliveryTag: number) => ({ fields: { deliveryTag } }) as Parameters<Channel['ack']>[0];

  function settle(how: () => void): void {
    if (!isOpen) return counters.add('dropped_settles');
    try {
      how();
    } catch {
      // It is closing: the broker gives the delivery back by itself.
      counters.add('dropped_settles');
    }
  }

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    acked.sort((one, other) => one - other);
    forgetAcked();
    const [oldest = Infinity] = unsettled;
    const upTo = acked.findLast((tag) => tag < oldest);
    if (upTo !== undefined) settle(() => channel.ack(tagged(upTo), true));
    for (const tag of acked) if (tag > oldest) settle(() => channel.ack(tagged(tag)));
    acked.length = 0;
  }

  /** Passes over those that have long been unsettled. */
  function forgetAcked(): void {
    const [first = 0] = acked;
    let left = Math.max(0, unsettled.lastIndexOf(first));
    let nth = 0;
    for (const tag of unsettled.slice(left)) {
      // One that is acked twice, or was given back, stands here no more.
      while ((acked[nth] ?? Infinity) < tag) nth++;
      if (tag !== acked[nth]) unsettled[left++] = tag;
    }
    unsettled.length = left;
  }

  return {
    isOpen() {
      return isOpen;
    },
    noteDelivery: (tag) => void unsettled.push(tag),
    ack(tag) {
      if (!isOpen) {
        counters.add('dropped_settles');
        return;
      }
      acked.push(tag);
      if (mostWaiting < 2) cancelFlush ??= atTheEndOfTheTurn(flush);
      else if (acked.length >= mostWaiting) flush();
      else cancelFlush ??= clock.after(ackDelayMs, flush);
    },
    giveBack(tag) {
      const place = unsettled.lastIndexOf(tag);
      if (place >= 0) unsettled.splice(place, 1);
      settle(() => channel.nack(tagged(tag), false, true));
    },
    close() {
      if (!isOpen || isClosing) return closed;
      flush();
      isClosing = true;
      // Where it is gone meanwhile, 'close' says so too.
      channel.close().catch(() => undefined);
      return closed;
    },
  };
}

function atTheEndOfTheTurn(flush: () => void): () => void {
  process.nextTick(flush);
  return () => undefined;
}
