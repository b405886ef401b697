import { expect, test } from 'vitest';
import { newUuid } from '../../src/core/uuid.js';

test('is a version 4 UUID, and never the same again', () => {
  const made = Array.from({ length: 10_000 }, newUuid);
  expect(new Set(made).size).toBe(made.length);
  const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(made.filter((uuid) => !version4.test(uuid))).toEqual([]);
});
