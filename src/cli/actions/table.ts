import type { Paint } from '../terminal.js';
import type { ActionDescription } from './describe-action.js';

const headings = ['ACTION', 'PACKAGE', 'LOCKS', 'TIMEOUT', 'SUMMARY', 'ERRORS'] as const;

/** Lines in columns, one for each action; below, the file of each package. */
export function actionsTable(actions: readonly ActionDescription[], paint: Paint): string[] {
  const rows = actions.map(({ name, package: from, locks, timeoutMs, errors, summary }) => [
    name,
    from,
    locks ? 'yes' : 'no',
    `${timeoutMs / 1000} s`,
    summary.replaceAll(/\s+/g, ' '),
    errors.length === 0 ? '-' : errors.join(', '),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const files = new Map(actions.map((action) => [action.location, action.package]));
  return [
    paint('bold', line(headings)),
    ...rows.map(line),
    '',
    ...[...files].map(([location, from]) => paint('dim', `${from}: ${location}`)),
  ];
}
