import type { SimulationEvent } from './history.js';
import type { Violation } from './invariant.js';

export const columns = ['caller', 'broker', 'worker', 'store'] as const;
const width = 34;

/** One line for each event: when, and what happened in the column of whom it happened to. */
export function tellStory(
  title: readonly string[],
  events: readonly SimulationEvent[],
  violations: readonly Violation[],
): string {
  const head = `${'ms'.padStart(9)}  ${columns.map((column) => column.padEnd(width)).join('')}`.trimEnd();
  const lines = events.flatMap((event, index) => [lineOf(event), ...brokenAfter(index + 1, violations)]);
  return [...title, '', head, ...lines, ...brokenAtEnd(events.length, violations)].join('\n');
}

function lineOf(event: SimulationEvent): string {
  const text = textOf(event);
  const at = String(event.atMs).padStart(9);
  if (event.column === 'fault') return `${at}  ${`── ${text} `.padEnd(width * columns.length, '─')}`;
  const indent = ' '.repeat(width * columns.indexOf(event.column));
  return `${at}  ${indent}${text}`;
}

/** What happened, without saying when. */
export function textOf({ column, who, what, request, detail }: SimulationEvent): string {
  const number = request === undefined ? '' : `#${request} `;
  const by = column === 'broker' ? '' : `${who} `;
  const words = what === 'stage' || what === 'fault' ? '' : `${what} `;
  return `${by}${number}${words}${detail ?? ''}`.trimEnd();
}

function brokenAfter(after: number, violations: readonly Violation[]): string[] {
  return violations.filter((violation) => violation.after === after).map(broken);
}

/** Those that only the end showed. */
function brokenAtEnd(events: number, violations: readonly Violation[]): string[] {
  return violations.filter(({ after }) => after > events).map(broken);
}

function broken({ invariant, what }: Violation): string {
  return `${'!!'.padStart(9)}  ${invariant}: ${what}`;
}
