import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderChart } from '../../benchmarks/chart.js';
import { chartFile, renderPage } from '../../benchmarks/render.js';
import { readResults } from '../../benchmarks/results.js';

const doc = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/benchmarks.md and its charts say what is recorded', async () => {
  const results = await readResults();
  expect(await doc('benchmarks.md')).toBe(renderPage(results));
  for (const table of Object.values(results).flatMap(({ tables }) => tables)) {
    if (table.chart) expect(await doc(chartFile(table.chart.file))).toBe(renderChart(table));
  }
});
