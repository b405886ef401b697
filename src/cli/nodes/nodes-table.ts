import type { Colour, Paint } from '../terminal.js';
import type { NodeReport } from './look-at.js';

const colours: Readonly<Record<NodeReport['state'], Colour>> = { served: 'green', 'no worker': 'red', missing: 'red' };

/** A line for each address; the virtual host only where there are several. */
export function nodesTable(reports: readonly NodeReport[], paint: Paint): string {
  const isOne = new Set(reports.map(({ virtualHost }) => virtualHost)).size <= 1;
  const rows = reports.map((report) => {
    const { virtualHost, address, state, consumers, waiting, retrying, quarantined } = report;
    const retries = Object.values(retrying).reduce((sum, count) => sum + count, 0);
    const cells = [address, state, consumers, waiting, retries, quarantined].map(String);
    return isOne ? cells : [virtualHost, ...cells];
  });
  const heads = ['address', 'state', 'consumers', 'waiting', 'retrying', 'quarantined'];
  const table = [isOne ? heads : ['virtual host', ...heads], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  const stateColumn = isOne ? 1 : 2;
  return table
    .map((cells, row) => {
      const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
      const report = reports[row - 1];
      if (!report) return paint('dim', padded.join('  ').trimEnd());
      return padded
        .map((cell, column) => (column === stateColumn ? paint(colours[report.state], cell) : cell))
        .join('  ')
        .trimEnd();
    })
    .join('\n');
}
