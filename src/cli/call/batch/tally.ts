import type { BatchRecord } from './record.js';

/** Counts what became of the lines of a batch. */
export interface Tally {
  add(record: BatchRecord): void;
  /** Those that have ended; what was not sent has not. */
  readonly done: number;
  readonly failed: number;
  readonly notSent: number;
  /** A sentence, and one line for each code and outcome. */
  lines(tookMs: number): string[];
}

export function createTally(): Tally {
  const counts = new Map<string, { readonly code: string; readonly outcome: string; count: number }>();
  let done = 0;
  let failed = 0;
  let notSent = 0;
  return {
    add({ code, outcome }) {
      const entry = counts.get(`${code} ${outcome}`);
      if (entry) entry.count += 1;
      else counts.set(`${code} ${outcome}`, { code, outcome, count: 1 });
      if (code === 'not_sent') notSent += 1;
      else done += 1;
      if (code !== 'not_sent' && code !== 'ok') failed += 1;
    },
    get done() {
      return done;
    },
    get failed() {
      return failed;
    },
    get notSent() {
      return notSent;
    },
    lines(tookMs) {
      const rows = [...counts.values()].sort((one, other) => other.count - one.count);
      const shown = rows.map(({ code, outcome, count }) => ({ code, outcome, count: thousands(count) }));
      const width = (key: 'code' | 'outcome' | 'count') => Math.max(...shown.map((row) => row[key].length));
      return [
        `${thousands(done)} done: ${thousands(done - failed)} ok, ${thousands(failed)} failed; ` +
          `${thousands(notSent)} not sent; ${(tookMs / 1_000).toFixed(1)} s, ${rateOf(done, tookMs)}`,
        ...shown.map(
          ({ code, outcome, count }) =>
            `  ${code.padEnd(width('code'))}  ${outcome.padEnd(width('outcome'))}  ${count.padStart(width('count'))}`,
        ),
      ];
    },
  };
}

/** `12,345` */
export function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

export function rateOf(count: number, tookMs: number): string {
  return `${thousands(Math.round((count * 1_000) / Math.max(1, tookMs)))}/s`;
}
