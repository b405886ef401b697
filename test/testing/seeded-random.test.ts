import { expect, test } from 'vitest';
import { createSeededRandom } from '../../src/testing/index.js';

test('the same seed gives the same choices, another seed others', () => {
  const choices = (seed: number): unknown[] => {
    const random = createSeededRandom(seed);
    return [random.unit(), random.uuid(), random.below(1_000_000), random.unit()];
  };
  expect(choices(1)).toEqual(choices(1));
  expect(choices(1)).not.toEqual(choices(2));
});

test('numbers are spread from 0 up to 1, without it', () => {
  const random = createSeededRandom(42);
  const tenths = new Map<number, number>();
  for (let count = 0; count < 10_000; count += 1) {
    const tenth = Math.floor(random.unit() * 10);
    tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
  }
  expect([...tenths.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const count of tenths.values()) expect(count).toBeGreaterThan(800);
});

test('UUIDs are of version 4, and differ', () => {
  const random = createSeededRandom(3);
  const uuids = Array.from({ length: 1_000 }, () => random.uuid());
  for (const uuid of uuids)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(uuids).size).toBe(1_000);
});

test('a choice is one of those given', () => {
  const random = createSeededRandom(4);
  const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
  expect([...picked].sort()).toEqual(['a', 'b', 'c']);
  expect(() => random.pick([])).toThrow(/empty/);
  expect(random.below(1)).toBe(0);
});
