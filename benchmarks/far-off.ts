import type { Table } from './group.js';

/** The least share of a recorded ratio that is no alarm: machines and moments differ, but not by so much. */
const leastShare = 0.5;

/**
 * One sentence for each row that even in its best round was less than half as good, to the baseline, as what is recorded
 * for the row of the same names: a busy machine spoils some rounds, a slow program all of them.
 */
export function farOff(measured: readonly Table[], recorded: readonly Table[]): string[] {
  const known = new Map(recorded.flatMap((table) => cellsOf(table, 'ratio')));
  const best = measured.flatMap((table) => cellsOf(table, table.columns.includes('ratio max') ? 'ratio max' : 'ratio'));
  return best.flatMap(([row, ratio]) => {
    const expected = (known.get(row) ?? 0) * leastShare;
    if (ratio >= expected) return [];
    return [
      `${row}: expected a ratio of at least ${expected.toFixed(2)}, half of the recorded one, got ${ratio.toFixed(2)} at best; ` +
        'if nothing else kept the machine busy, find what made it slow: npm run bench -- --quick',
    ];
  });
}

function cellsOf({ title, columns, rows }: Table, column: string): [row: string, value: number][] {
  const at = columns.indexOf(column);
  return rows.flatMap((row): [string, number][] => {
    const value = row[at];
    return typeof value === 'number' ? [[`${title}: ${row[0]}`, value]] : [];
  });
}
