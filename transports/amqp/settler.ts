import type { Channel } from 'amqplib';
import type { Counters } from './counters.js';

/**
 * Settles what came on one channel, on that channel. Tags start at 1 on each: an ack that goes to another channel
 * settles somebody else's delivery.
 */
export interface Settler {
  readonly isOpen: boolean;
  ack(tag: number): void;
  /** This one and all before it that are not settled. */
  ackUpTo(tag: number): void;
  /** To the head of the queue, for anybody. */
  giveBack(tag: number): void;
}

export function createSettler(channel: Channel, counters: Counters): Settler {
  let isOpen = true;
  channel.prependListener('close', () => {
    isOpen = false;
  });

  function settle(how: () => void): void {
    if (!isOpen) return counters.add('dropped_settles');
    try {
      how();
    } catch {
      // It is closing: the broker gives the delivery back by itself.
      counters.add('dropped_settles');
    }
  }

  // The client library reads no more of a message than its tag.
  const tagged = (deliveryTag: number) => ({ fields: { deliveryTag } }) as Parameters<Channel['ack']>[0];

  return {
    get isOpen() {
      return isOpen;
    },
    ack: (tag) => settle(() => channel.ack(tagged(tag))),
    ackUpTo: (tag) => settle(() => channel.ack(tagged(tag), true)),
    giveBack: (tag) => settle(() => channel.nack(tagged(tag), false, true)),
  };
}
