import type { Clock } from '../../../core/clock.js';
import { rateOf, thousands, type Tally } from './tally.js';

/** A line that shows how far a batch has come. */
export interface Progress {
  /** Something has changed: drawn within a tenth of a second. */
  update(): void;
  /** What is in the way just now; '' for nothing. */
  note(text: string): void;
  /** Takes it off the screen. */
  end(): void;
}

const redrawEveryMs = 100;
const barWidth = 24;

export interface ProgressParts {
  /** Left out: nobody looks. */
  readonly redraw: ((line: string) => void) | undefined;
  readonly clock: Clock;
  readonly tally: Tally;
  /** How many lines there are, where that is known. */
  readonly total: number | undefined;
}

export function createProgress({ redraw, clock, tally, total }: ProgressParts): Progress {
  const startedMs = clock.monotonicMs();
  let cancel: (() => void) | undefined;
  let noted = '';

  function draw(): void {
    cancel = undefined;
    redraw?.(lineOf(tally, total, clock.monotonicMs() - startedMs, noted));
  }

  function update(): void {
    if (redraw) cancel ??= clock.after(redrawEveryMs, draw);
  }

  return {
    update,
    note(text) {
      noted = text;
      update();
    },
    end() {
      cancel?.();
      redraw?.('');
    },
  };
}

/** `[#####-------] 1,200/10,000, 3 failed, 812/s, 11 s left` */
export function lineOf(tally: Tally, total: number | undefined, tookMs: number, noted: string): string {
  const { failed } = tally;
  const done = tally.done + tally.notSent;
  const parts = [`${thousands(failed)} failed`, rateOf(tally.done, tookMs)];
  if (noted !== '') parts.push(noted);
  if (total === undefined) return [`${thousands(done)} done`, ...parts].join(', ');
  // A file that grows while it is read has more lines than it had.
  const share = Math.min(1, total === 0 ? 1 : done / total);
  const bar = '#'.repeat(Math.floor(share * barWidth)).padEnd(barWidth, '-');
  if (share > 0 && share < 1) parts.push(`${remaining((tookMs / share) * (1 - share))} left`);
  return [`[${bar}] ${thousands(done)}/${thousands(total)}`, ...parts].join(', ');
}

function remaining(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
