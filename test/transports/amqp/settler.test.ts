import { EventEmitter } from 'node:events';
import type { Channel } from 'amqplib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { createCounters } from '../../../transports/amqp/counters.js';
import { createSettler } from '../../../transports/amqp/settler.js';

interface Settled {
  readonly fields: { readonly deliveryTag: number };
}

/** A settler on a channel that settles as a broker does. */
function openSettler(intake: number) {
  const unsettled = new Set<number>();
  const acked = new Set<number>();
  const given = new Set<number>();
  let isClosing = false;

  function settle(tag: number, as: Set<number>): void {
    // As a broker, which closes the channel for it.
    if (!unsettled.delete(tag)) throw new Error(`expected a tag that is not settled, got ${tag}`);
    as.add(tag);
  }

  function checkOpen(): void {
    if (isClosing) throw new Error('closing');
  }

  const channel = Object.assign(new EventEmitter(), {
    ack({ fields: { deliveryTag } }: Settled, isMultiple = false) {
      checkOpen();
      if (isMultiple) for (const tag of [...unsettled]) if (tag < deliveryTag) settle(tag, acked);
      settle(deliveryTag, acked);
    },
    nack({ fields: { deliveryTag } }: Settled) {
      checkOpen();
      settle(deliveryTag, given);
    },
    async close() {
      isClosing = true;
    },
  });
  const clock = createManualClock({ settle: () => new Promise((resolve) => setImmediate(resolve)) });
  const counters = createCounters();
  const parts = { channel: channel as unknown as Channel, counters, clock, ackDelayMs: 2, intake };
  return { settler: createSettler(parts), channel, clock, counters, unsettled, acked, given };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ does: 'deliver' } as const) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('ack' as const), which: fc.nat() }) },
  fc.record({ does: fc.constant('giveBack' as const), which: fc.nat() }),
  fc.record({ does: fc.constant('wait' as const), ms: fc.nat(3) }),
);

test('acks that wait for each other settle all that is acked, and nothing else, each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 200 }), async (intake, steps) => {
      const { settler, clock, counters, unsettled, acked, given } = openSettler(intake);
      const inHand: number[] = [];
      const wanted = { ack: new Set<number>(), giveBack: new Set<number>() };
      let last = 0;
      for (const each of steps) {
        if (each.does === 'wait') await clock.advance(each.ms);
        else if (each.does !== 'deliver') {
          const [tag] = inHand.splice(each.which % Math.max(1, inHand.length), 1);
          if (tag === undefined) continue;
          wanted[each.does].add(tag);
          settler[each.does](tag);
        } else if (unsettled.size < intake) {
          unsettled.add((last += 1));
          inHand.push(last);
          settler.noteDelivery(last);
        }
        expect([...acked].filter((tag) => !wanted.ack.has(tag))).toEqual([]);
      }
      await clock.advance(2);
      expect({ acked, given, unsettled }).toEqual({
        ...{ acked: wanted.ack, given: wanted.giveBack },
        unsettled: new Set(inHand),
      });
      expect(clock.pending()).toBe(0);
      expect(counters.get('dropped_settles')).toBe(0);
    }),
  );
});

test('an ack too many keeps no other one back', async () => {
  const { settler, clock, unsettled, acked } = openSettler(40);
  for (const tag of [1, 2, 3]) {
    unsettled.add(tag);
    settler.noteDelivery(tag);
  }
  for (const tag of [1, 1, 2]) settler.ack(tag);
  await clock.advance(2);
  expect(acked).toEqual(new Set([1, 2]));
  expect(unsettled).toEqual(new Set([3]));
});

test('acks that wait are written before their channel is closed; later ones are dropped and counted', async () => {
  const { settler, channel, clock, counters, unsettled, acked } = openSettler(40);
  for (const tag of [1, 2, 3, 4]) {
    unsettled.add(tag);
    settler.noteDelivery(tag);
  }
  settler.ack(3);
  settler.ack(1);
  const closed = settler.close();
  expect(acked).toEqual(new Set([1, 3]));
  settler.ack(2);
  await clock.advance(2);
  channel.emit('close');
  await closed;
  settler.ack(4);
  expect(counters.get('dropped_settles')).toBe(2);
  expect(clock.pending()).toBe(0);
});
