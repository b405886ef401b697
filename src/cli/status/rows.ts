import type { Paint } from '../terminal.js';
import type { HealthDocument } from '../worker/health-document.js';

/** One line of the answer: a virtual host of a worker, or something that could not be asked. */
export interface Row {
  readonly virtualHost: string;
  readonly state: string;
  readonly pid: number | undefined;
  /** Since when it has been in that state, in epoch milliseconds. */
  readonly since: number | undefined;
  readonly addresses: readonly string[];
  /** Of its requests, where it serves. */
  readonly running: number | undefined;
  readonly waiting: number | undefined;
  readonly isMock: boolean;
  /** Empty: green. */
  readonly red: readonly string[];
}

export function rowsOf({ pid, virtualHosts }: HealthDocument): Row[] {
  return virtualHosts.map(({ name, state, since, red, addresses, server, mock }) => ({
    ...{ virtualHost: name, state, since, pid, addresses, red, isMock: mock },
    running: server?.running,
    waiting: server?.waiting,
  }));
}

/** A row for what does not tell of its virtual hosts. */
export function problemRow(pid: number | undefined, problem: string): Row {
  return {
    ...{ virtualHost: '?', state: '?', pid, addresses: [], isMock: false, red: [problem] },
    ...{ since: undefined, running: undefined, waiting: undefined },
  };
}

const headings = ['', 'VIRTUAL HOST', 'STATE', 'SINCE', 'PID', 'ADDRESSES', 'RUNNING', 'WAITING', 'PROBLEM'];

/** The rows as a table with a heading, one line each. */
export function tableOf(rows: readonly Row[], now: number, paint: Paint): string[] {
  const cells = [headings, ...rows.map((row) => cellsOf(row, now))];
  const widths = headings.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells.map((line, index) => {
    const isRed = index > 0 && line[0] === 'red';
    return line
      .map((cell, column) => {
        const padded = column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0);
        if (index === 0) return paint('dim', padded);
        return column === 0 ? paint(isRed ? 'red' : 'green', padded) : padded;
      })
      .join('  ')
      .trimEnd();
  });
}

function cellsOf(row: Row, now: number): string[] {
  return [
    row.red.length > 0 ? 'red' : 'green',
    row.virtualHost,
    row.isMock ? `${row.state} (mock)` : row.state,
    row.since === undefined ? '' : ago(now - row.since),
    String(row.pid ?? ''),
    row.addresses.join(','),
    String(row.running ?? ''),
    String(row.waiting ?? ''),
    row.red.join('; '),
  ].map((cell) => cell.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' '));
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
