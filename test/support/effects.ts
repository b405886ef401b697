import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

/** One line of an effects file. */
export interface Effect {
  readonly kind: 'start' | 'finish';
  /** What it was done to, for example the lock's or the idempotency key's name. */
  readonly subject: string;
  /** Which run: unique per start. */
  readonly run: string;
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface EffectsFile {
  /** On the disk when it returns: what was written was done, whatever happens to this process next. */
  start(subject: string, run: string): void;
  finish(subject: string, run: string): void;
  close(): void;
}

/** Appends to the file that several processes write and the test reads: the judge of what really happened. */
export function openEffects(path: string): EffectsFile {
  // 'a' is O_APPEND: lines of several processes never overwrite each other.
  const file = openSync(path, 'a');
  function write(kind: Effect['kind'], subject: string, run: string): void {
    const effect: Effect = { kind, subject, run, pid: process.pid, at: Date.now() };
    writeSync(file, `${JSON.stringify(effect)}\n`);
    fsyncSync(file);
  }
  return {
    start: (subject, run) => write('start', subject, run),
    finish: (subject, run) => write('finish', subject, run),
    close: () => closeSync(file),
  };
}

/** All effects so far, in the order of writing; none if there is no file yet. */
export function readEffects(path: string): Effect[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Effect);
}

export interface EffectCount {
  readonly starts: number;
  readonly finishes: number;
}

/** How often each subject was started and finished. */
export function countEffects(effects: readonly Effect[]): Map<string, EffectCount> {
  const counts = new Map<string, EffectCount>();
  for (const { kind, subject } of effects) {
    const { starts, finishes } = counts.get(subject) ?? { starts: 0, finishes: 0 };
    counts.set(subject, kind === 'start' ? { starts: starts + 1, finishes } : { starts, finishes: finishes + 1 });
  }
  return counts;
}

/** Runs that started while another run of the same subject had not finished, by the order of the file. */
export function overlaps(effects: readonly Effect[]): Effect[] {
  const running = new Map<string, Set<string>>();
  const found: Effect[] = [];
  for (const effect of effects) {
    const runs = running.get(effect.subject) ?? new Set();
    running.set(effect.subject, runs);
    if (effect.kind === 'finish') runs.delete(effect.run);
    else {
      if (runs.size > 0) found.push(effect);
      runs.add(effect.run);
    }
  }
  return found;
}
