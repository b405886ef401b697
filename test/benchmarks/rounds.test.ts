import { expect, test } from 'vitest';
import { createRuns } from '../../benchmarks/run-calls.js';
import { shuffled } from '../../benchmarks/shuffled.js';
import type { Slot } from '../../benchmarks/slot.js';
import { tableOf } from '../../benchmarks/summary.js';
import { createSeededRandom } from '../../src/testing/index.js';

const slotOf = (callsPerSecond: number, more: Partial<Slot> = {}): Slot => ({
  ...{ callsPerSecond, p50Us: 100, p99Us: 200, callerCpuUs: 10, workerCpuUs: 20, brokerCpuUs: NaN },
  ...{ callerRssBytes: 2 ** 26, workerRssBytes: 2 ** 26, foreignLoad: 0, ...more },
});

test('each call of a process has a number of its own, and no more of them are pending than there are callers', async () => {
  const given: number[] = [];
  let pending = 0;
  let most = 0;
  const run = createRuns(async (n) => {
    given.push(n);
    most = Math.max(most, ++pending);
    await new Promise((resolve) => setImmediate(resolve));
    pending--;
  });
  const runs = [await run({ callers: 3, ms: 5 }), await run({ callers: 1, ms: 5 })];
  expect(most).toBe(3);
  expect(given).toEqual(given.map((_, nth) => nth));
  expect(runs.map(({ calls }) => calls).reduce((sum, calls) => sum + calls)).toBe(given.length);
  for (const { p50Us, p99Us, maxUs } of runs)
    expect([p50Us, p99Us, maxUs]).toEqual([p50Us, p99Us, maxUs].sort((a, b) => a - b));
});

test('a call that fails ends the run with its error', async () => {
  const run = createRuns(() => Promise.reject(new Error('no answer')));
  await expect(run({ callers: 2, ms: 5 })).rejects.toThrow('no answer');
});

test('an order is decided by its seed, and has all in it', () => {
  const items = Array.from({ length: 20 }, (_, nth) => nth);
  const order = (seed: number) => shuffled(items, createSeededRandom(seed));
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
  expect(order(1).toSorted((a, b) => a - b)).toEqual(items);
});

test('a table has the ratios to its first row round by round, and how many rounds others have disturbed', () => {
  const { columns, rows } = tableOf('t', [
    { name: 'by hand', slots: [slotOf(1_000), slotOf(100, { foreignLoad: 0.5 }), slotOf(1_200)] },
    { name: 'Samovar', slots: [slotOf(900), slotOf(100), slotOf(1_800)] },
  ]);
  const cells = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
  expect(cells).toMatchObject([
    { '': 'by hand', 'calls/s': 1_000, ratio: 1, 'ratio min': 1, 'ratio max': 1, disturbed: 1 },
    { '': 'Samovar', 'calls/s': 900, min: 100, max: 1_800, ratio: 1, 'ratio min': 0.9, 'ratio max': 1.5, disturbed: 0 },
  ]);
  expect(cells[0]).toMatchObject({ 'broker µs CPU': NaN, 'worker MiB': 64 });
});
