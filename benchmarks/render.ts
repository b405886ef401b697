import type { Table } from './group.js';
import type { Results } from './results.js';

/** The page of all results, with its charts beside it. The same results make the same page. */
export function renderPage(results: Results): string {
  const groups = Object.entries(results).map(([name, { date, seed, machine, versions, tables }]) => {
    const having = Object.entries(versions).map(([what, version]) => `${what} ${version}`);
    const origin = `${[date, ...having, machine].join(', ')}; \`npm run bench -- --group ${name} --seed ${seed}\``;
    return [`## ${name}`, origin, ...tables.map(renderTable)].join('\n\n');
  });
  return `${[heading, ...groups].join('\n\n')}\n`;
}

const heading = `# Benchmarks

Written by \`npm run bench\` from \`benchmarks/results.json\`. Numbers are medians of rounds. Only ratios of one table can be compared: all its rows took turns in one run, and a ratio is taken round by round. *µs CPU* is processor time per call; *disturbed* counts rounds in which other programs used more than a tenth of the machine.`;

/** Title, note, table and chart, as Markdown. */
export function renderTable(table: Table): string {
  const { title, note, chart } = table;
  const picture = chart ? [`![${title}: ${chart.column}](${chartFile(chart.file)})`] : [];
  return [`### ${title}`, ...(note === undefined ? [] : [note]), renderRows(table), ...picture].join('\n\n');
}

/** Its columns are aligned: it is read on terminals, too. */
export function renderRows({ columns, rows }: Table): string {
  const shown = [columns, ...rows].map((row) => row.map(show));
  const widths = columns.map((_, at) => Math.max(...shown.map((row) => row[at]?.length ?? 0), 3));
  const [head = [], ...body] = shown.map((row) =>
    widths.map((width, at) => (at === 0 ? (row[at] ?? '').padEnd(width) : (row[at] ?? '').padStart(width))),
  );
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Three digits, or all of those before the point; two behind it, or three where it is less than a tenth. */
export function show(value: string | number): string {
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return value.toLocaleString('en');
  const size = Math.abs(value);
  const digits = size < 0.1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export const chartFile = (name: string): string => `benchmarks-${name}.svg`;
