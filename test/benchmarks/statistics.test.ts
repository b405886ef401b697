import { expect, test } from 'vitest';
import { median, percentile, ratiosOf, spreadOf } from '../../benchmarks/statistics.js';

test('the median is the middle one, or lies between the two in the middle, in whatever order they came', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 7])).toBe(6);
  expect(median([3])).toBe(3);
  expect(median([])).toBeNaN();
});

test('a percentile is a value that was measured: the smallest that the share does not pass', () => {
  const sorted = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentile(sorted, 0.5)).toBe(50);
  expect(percentile(sorted, 0.99)).toBe(99);
  expect(percentile(sorted, 1)).toBe(100);
  expect(percentile([7], 0.01)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('the order of the values is left as it was', () => {
  const values = [3, 1, 2];
  expect(spreadOf(values)).toEqual({ median: 2, min: 1, max: 3 });
  expect(values).toEqual([3, 1, 2]);
});

test('a ratio is taken within its round: a machine that is slow for a while changes none', () => {
  expect(ratiosOf([200, 20, 2], [100, 10, 1])).toEqual({ median: 2, min: 2, max: 2 });
  // Medians of their own would say 1.
  expect(ratiosOf([1, 20, 300], [2, 10, 100])).toEqual({ median: 2, min: 0.5, max: 3 });
});
