import { delay, type Clock } from '../../src/core/clock.js';

/** Waits for it, but not longer: the broker may not be there to answer. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = delay(clock, ms, done.signal).catch(() => undefined);
  await Promise.race([work, late]);
  done.abort();
}
