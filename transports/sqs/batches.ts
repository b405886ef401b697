import type { Clock } from '../../src/core/clock.js';
import { SqsError, type EntryOutcome } from './api.js';

/** Puts what is asked for one by one into calls of up to ten. */
export interface Batches<T> {
  /** What became of this entry; a call that fails as a whole fails each of its entries. */
  add(entry: T): Promise<EntryOutcome>;
}

interface Waiting<T> {
  readonly entry: T;
  readonly resolve: (outcome: EntryOutcome) => void;
}

export const mostPerCall = 10;
/** While one call is under way, what comes collects for the next one, but no longer than this: it may hang. */
const patienceMs = 250;
/** Of calls that are full, or that have waited. */
const mostUnderWay = 8;

export function createBatches<T>(
  clock: Clock,
  call: (entries: readonly T[]) => Promise<readonly EntryOutcome[]>,
): Batches<T> {
  const waiting: Waiting<T>[] = [];
  let underWay = 0;
  let isScheduled = false;
  let cancelTimer: (() => void) | undefined;

  function flush(hasWaited = false): void {
    while (waiting.length > 0 && underWay < (hasWaited || waiting.length >= mostPerCall ? mostUnderWay : 1)) {
      void write(waiting.splice(0, mostPerCall));
    }
    if (waiting.length > 0) {
      cancelTimer ??= clock.after(patienceMs, () => {
        cancelTimer = undefined;
        flush(true);
      });
      return;
    }
    cancelTimer?.();
    cancelTimer = undefined;
  }

  async function write(batch: readonly Waiting<T>[]): Promise<void> {
    underWay += 1;
    const outcomes = await outcomesOf(batch.map(({ entry }) => entry));
    underWay -= 1;
    batch.forEach(({ resolve }, index) => resolve(outcomes(index)));
    flush();
  }

  async function outcomesOf(entries: readonly T[]): Promise<(index: number) => EntryOutcome> {
    try {
      const outcomes = await call(entries);
      return (index) => outcomes[index] ?? failed('SQS did not say what became of it');
    } catch (error) {
      return () => (error instanceof SqsError ? { ok: false, error } : failed('a call of SQS failed', error));
    }
  }

  return {
    add: (entry) =>
      new Promise((resolve) => {
        waiting.push({ entry, resolve });
        if (isScheduled) return;
        isScheduled = true;
        // What else ends in this turn of the event loop goes into the same call.
        setImmediate(() => {
          isScheduled = false;
          flush();
        });
      }),
  };
}

function failed(message: string, cause?: unknown): EntryOutcome {
  return { ok: false, error: new SqsError('unavailable', message, { cause }) };
}
