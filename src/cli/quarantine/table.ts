import type { QuarantineEntry } from '../../core/quarantine.js';
import { shortText } from '../call/printable.js';
import type { Paint } from '../terminal.js';

/** A line for each, the oldest first. All texts are whatever a sender has written. */
export function quarantineTable(entries: readonly QuarantineEntry[], nowMs: number, paint: Paint): string {
  const heads = ['id', 'action', 'reason', 'age', 'attempts', 'bytes', 'kind', 'from'];
  const rows = entries.map(({ id, action = '', reason, firstSeen, attempts, bytes, kind, sender = '' }) => [
    shortText(id, 60),
    shortText(action, 40),
    shortText(reason, 40),
    firstSeen === undefined ? '' : ageOf(nowMs - firstSeen),
    String(attempts),
    String(bytes),
    kind,
    shortText(sender, 30),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(heads)), ...rows.map(line)].join('\n');
}

/** In the largest unit of which there is at least one. */
export function ageOf(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  for (const [unit, unitMs] of units) if (ms >= unitMs) return `${Math.floor(ms / unitMs)}${unit}`;
  return `${Math.max(0, Math.floor(ms / 1_000))}s`;
}
