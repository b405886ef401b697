import type { Channel } from 'amqplib';
import type { Clock } from '../../src/core/clock.js';
import type { Counters } from './counters.js';

/**
 * Settles what came on one channel, on that channel. Tags start at 1 on each: an ack that goes to another channel
 * settles somebody else's delivery.
 */
export interface Settler {
  readonly isOpen: boolean;
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
  /** In the order they came. */
  const unsettled = new Set<number>();
  const acked = new Set<number>();
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
    counters.add('dropped_settles', acked.size);
    acked.clear();
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
    let upTo = 0;
    for (const tag of unsettled) {
      if (!acked.delete(tag)) break;
      unsettled.delete(tag);
      upTo = tag;
    }
    if (upTo > 0) settle(() => channel.ack(tagged(upTo), true));
    for (const tag of acked) {
      unsettled.delete(tag);
      settle(() => channel.ack(tagged(tag)));
    }
    acked.clear();
  }

  return {
    get isOpen() {
      return isOpen;
    },
    noteDelivery: (tag) => void unsettled.add(tag),
    ack(tag) {
      if (!isOpen) {
        counters.add('dropped_settles');
        return;
      }
      acked.add(tag);
      if (mostWaiting < 2) cancelFlush ??= atTheEndOfTheTurn(flush);
      else if (acked.size >= mostWaiting) flush();
      else cancelFlush ??= clock.after(ackDelayMs, flush);
    },
    giveBack(tag) {
      unsettled.delete(tag);
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
