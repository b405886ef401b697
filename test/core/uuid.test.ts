import { expect, test } from 'vitest';
import { newUuid } from '../../src/core/uuid.js';

test('is a version 4 UUID, and never the same again', () => {
  const made = Array.from({ length: 10_000 }, newUuid);
  expect(new Set(made).size).toBe(made.length);
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(made.filter((uuid) => !version4.test(uuid))).toEqual([]);
});

test('has each digit as often as any other where all are random', () => {
  const digits = Array.from({ length: 4_000 }, newUuid).join('').replaceAll('-', '');
  const counts = new Map<string, number>();
  for (const digit of digits) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  // The version is always 4, and the variant one of four digits.
  const expected = (digits.length - 2 * 4_000) / 16;
  for (const digit of '01235') expect((counts.get(digit) ?? 0) / expected).toBeCloseTo(1, 1);
});
