import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chain, type Chained } from '../../../transports/amqp/chain.js';

interface Item extends Chained<Item> {
  readonly nth: number;
}

test('whatever leaves, the rest stays in the order it came, and what has left holds on to nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 100 }), (steps) => {
      const chain = new Chain<Item>();
      const model: Item[] = [];
      steps.forEach((step, nth) => {
        const leaving = step % 2 === 0 ? undefined : model[step % (model.length + 1)];
        if (leaving) {
          model.splice(model.indexOf(leaving), 1);
          expect(chain.delete(leaving)).toBe(true);
          expect(chain.delete(leaving)).toBe(false);
          expect([leaving.previous, leaving.next]).toEqual([undefined, undefined]);
        } else {
          const item: Item = { nth, previous: undefined, next: undefined };
          chain.add(item);
          model.push(item);
        }
        expect([...chain].map((each) => each.nth)).toEqual(model.map((each) => each.nth));
        expect(chain.first).toBe(model[0]);
        expect(chain.size).toBe(model.length);
      });
    }),
  );
});
