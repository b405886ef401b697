import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdTable, type Identified } from '../../src/core/id-table.js';

interface Item extends Identified<Item> {
  readonly nth: number;
}

const item = (id: string, nth = 0): Item => ({ id, nth, nextInBucket: undefined });

test('of two with one id the later one is found, and the earlier one again once that is gone', () => {
  const table = new IdTable<Item>();
  const [first, second] = [item('a'), item('a')];
  table.add(first);
  table.add(second);
  expect(table.find('a')).toBe(second);
  expect(table.delete(second)).toBe(true);
  expect(table.find('a')).toBe(first);
  expect(table.delete(second)).toBe(false);
  expect(table.size).toBe(1);
});

test('whatever comes and goes, exactly what is in the table is found, the latest of each id', () => {
  const step = fc.record({ id: fc.constantFrom('', 'a', 'b', 'amq.gen-1#17', 'ünï', '7'), leaves: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat(200), (steps, others) => {
      const table = new IdTable<Item>();
      const model: Item[] = [];
      for (let nth = 0; nth < others; nth++) add(item(`other ${nth}`));
      steps.forEach(({ id, leaves }, nth) => {
        if (leaves < 5) add(item(id, nth));
        else
          for (const gone of model.splice((leaves * 31) % (model.length + 1), 1)) expect(table.delete(gone)).toBe(true);
        expect(table.find(id)).toBe(model.findLast((each) => each.id === id));
      });
      expect(new Set(table.all())).toEqual(new Set(model));
      expect(table.size).toBe(model.length);

      function add(added: Item): void {
        table.add(added);
        model.push(added);
      }
    }),
  );
});
