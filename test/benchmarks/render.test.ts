import { describe, expect, test } from 'vitest';
import { renderChart } from '../../benchmarks/chart.js';
import type { Table } from '../../benchmarks/group.js';
import { renderPage, renderRows, show } from '../../benchmarks/render.js';
import { brief, toJson, type Results } from '../../benchmarks/results.js';

const table: Table = {
  title: 'RabbitMQ, 16 callers',
  note: 'A note.',
  columns: ['', 'calls/s', 'ratio'],
  rows: [
    ['by hand', 11_341, 1],
    ['Samovar <fast> & "quick"', 12_000.4, 1.0581],
    ['one that does not run', '–', '–'],
  ],
  chart: { file: 'amqp', column: 'ratio' },
};
const results: Results = {
  amqp: {
    ...{ date: '2026-11-22', seed: 7, machine: '2 cores, a processor', versions: { Node: '20.20.2' }, tables: [table] },
  },
};

test('a number is shown with three digits or all of those before the point, two or three behind it', () => {
  expect([0.0123, 0.95, 1.0581, 12.34, 123.4, 1_234.5].map(show)).toEqual([
    '0.012',
    '0.95',
    '1.06',
    '12.3',
    '123',
    '1,235',
  ]);
  expect([0, 3, 10_000].map(show)).toEqual(['0', '3', '10,000']);
});

test('the columns of a table are aligned', () => {
  expect(renderRows(table).split('\n')).toEqual([
    '|                          | calls/s | ratio |',
    '| ------------------------ | ------: | ----: |',
    '| by hand                  |  11,341 |     1 |',
    '| Samovar <fast> & "quick" |  12,000 |  1.06 |',
    '| one that does not run    |       – |     – |',
  ]);
});

test('the page has each table with its note and chart, and says how it is measured again', () => {
  const page = renderPage(results);
  expect(page).toContain(
    '## amqp\n\n2026-11-22, Node 20.20.2, 2 cores, a processor; `npm run bench -- --group amqp --seed 7`',
  );
  expect(page).toContain('### RabbitMQ, 16 callers\n\nA note.\n\n|');
  expect(page).toContain('![RabbitMQ, 16 callers: ratio](benchmarks-amqp.svg)');
});

test('the same results make the same page and the same chart, also from their JSON', () => {
  const again = JSON.parse(toJson(results)) as Results;
  expect(again).toEqual(results);
  expect(renderPage(again)).toBe(renderPage(results));
  expect(again['amqp']?.tables.map(renderChart)).toEqual([renderChart(table)]);
});

test('a number is kept with four digits, an integer as it is, and what is none as a dash', () => {
  const { rows } = brief({ ...table, rows: [['by hand', 1_234_567, 1.058123, 12_345.678, NaN, Infinity]] });
  expect(rows).toEqual([['by hand', 1_234_567, 1.058, 12_350, '–', '–']]);
});

test('the JSON has a line for each row', () => {
  expect(toJson(results).split('\n')).toContain('          ["by hand",11341,1],');
});

describe('a chart', () => {
  const svg = renderChart(table);

  test('is well-formed, whatever the names are', () => {
    const open: string[] = [];
    for (const [, end, name = '', empty] of svg.matchAll(
      /<(\/?)([a-z]+)(?: [a-zA-Z-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*(\/?)>/g,
    )) {
      if (end) expect(open.pop()).toBe(name);
      else if (!empty) open.push(name);
    }
    expect(open).toEqual([]);
    // Nothing is left that is no tag, no text and no reference.
    expect(svg.replace(/<[^<>]*>/g, '').replace(/&#\d+;/g, '')).not.toMatch(/[<>&]/);
  });

  test('has a bar for each number, the longest for the most, and none for what is no number', () => {
    const widths = Array.from(svg.matchAll(/<rect [^>]*width="(\d+)"/g), ([, width]) => Number(width));
    expect(widths).toEqual([Math.round(400 / 1.0581), 400]);
  });
});
