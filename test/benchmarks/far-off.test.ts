import { expect, test } from 'vitest';
import { farOff } from '../../benchmarks/far-off.js';
import type { Table } from '../../benchmarks/group.js';

const tableOf = (...rows: Table['rows']): Table => ({ title: '1 caller', columns: ['', 'calls/s', 'ratio'], rows });

test('a ratio of half the recorded one is no alarm, and less than half is, with what was expected', () => {
  const recorded = [tableOf(['by hand', 2_000, 1], ['Samovar', 1_600, 0.8])];
  expect(farOff([tableOf(['by hand', 20, 1], ['Samovar', 8, 0.4])], recorded)).toEqual([]);
  expect(farOff([tableOf(['by hand', 2_000, 1], ['Samovar', 780, 0.39])], recorded)).toEqual([
    expect.stringMatching(/^1 caller: Samovar: expected a ratio of at least 0\.400, .*, got 0\.390 at best; /),
  ]);
});

test('a faster one is no alarm, nor a table without ratios', () => {
  expect(farOff([tableOf(['Samovar', 1, 9])], [tableOf(['Samovar', 1, 1])])).toEqual([]);
  const idle: Table = { title: 'idle', columns: ['', 'MiB'], rows: [['worker', 66]] };
  expect(farOff([idle], [{ ...idle, rows: [['worker', 1]] }])).toEqual([]);
});

test('a round that went well is enough: what keeps the machine busy spoils others', () => {
  const columns = ['', 'ratio', 'ratio min', 'ratio max'];
  const recorded: Table = { title: '1 caller', columns, rows: [['Samovar', 0.8, 0.7, 0.9]] };
  expect(farOff([{ ...recorded, rows: [['Samovar', 0.2, 0.1, 0.41]] }], [recorded])).toEqual([]);
  expect(farOff([{ ...recorded, rows: [['Samovar', 0.2, 0.1, 0.39]] }], [recorded])).toHaveLength(1);
});

test('what was never recorded is an alarm: it would be held to nothing', () => {
  expect(farOff([tableOf(['Samovar', 1, 9])], [])).toEqual([
    '1 caller: Samovar: expected a recorded ratio, got none; record one with npm run bench',
  ]);
});

test('a ratio that could not be taken is an alarm where one was recorded', () => {
  expect(farOff([tableOf(['Samovar', 0, '–'])], [tableOf(['Samovar', 1, 1])])).toHaveLength(1);
});
