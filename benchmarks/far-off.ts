import type { Table } from './group.js';

/** The least share of a recorded ratio that is no alarm: machines and moments differ, but not by so much. */
const leastShare = 0.5;

/**
 * One sentence for each row that even in its best round was less than half as good, to the baseline, as what is recorded
 * for the row of the same names: a busy machine spoils some rounds, a slow program all of them. And for each of which
 * nothing is recorded: it would be held to nothing.
 */
export function farOff(measured: readonly Table[], recorded: readonly Table[]): string[] {
  const known = new Map(recorded.flatMap((table) => cellsOf(table, 'ratio')));
  const best = measured.flatMap((table) => cellsOf(table, table.columns.includes('ratio max') ? 'ratio max' : 'ratio'));
  return best.flatMap(([row, ratio]) => {
    const usual = known.get(row);
    if (usual === undefined) return [`${row}: expected a recorded ratio, got none; record one with npm run bench`];
    const least = usual * leastShare;
    if (ratio >= least) return [];
    return [
      `${row}: expected a ratio of at least ${least.toPrecision(3)}, half of the recorded one, got ${ratio.toPrecision(3)} at best; ` +
        'if nothing else kept the machine busy, find what made it slow: npm run bench -- --quick',
    ];
  });
}

function cellsOf({ title, columns, rows }: Table, column: string): [row: string, value: number][] {
  const at = columns.indexOf(column);
  return rows.flatMap((row): [string, number][] => {
    const value = row[at];
    return value === undefined ? [] : [[`${title}: ${row[0]}`, Number(value)]];
  });
}
