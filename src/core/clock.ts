/** Where every wait and every timestamp of Samovar comes from, so that tests can own time. */
export interface Clock {
  /** Wall-clock time in epoch milliseconds: for what other machines read. */
  now(): number;
  /** Milliseconds that never jump: for measuring how long something took or may still take. */
  monotonicMs(): number;
  /** Runs `task` once, `ms` from now. Returns a function that cancels it; calling that late does nothing. */
  after(ms: number, task: () => void): () => void;
}

/** The longest delay that setTimeout keeps; a longer one fires at once. */
const longestTimeoutMs = 2 ** 31 - 1;

function after(ms: number, task: () => void): () => void {
  if (ms > longestTimeoutMs) return afterLong(ms, task);
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

function afterLong(ms: number, task: () => void): () => void {
  let timer = setTimeout(step, longestTimeoutMs);
  let leftMs = ms;
  function step(): void {
    leftMs -= longestTimeoutMs;
    timer = setTimeout(leftMs > longestTimeoutMs ? step : task, Math.min(leftMs, longestTimeoutMs));
  }
  return () => clearTimeout(timer);
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after,
};

/** Resolves `ms` from now, or rejects with the signal's reason as soon as that aborts. */
export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      reject(signal?.reason as Error);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits for `work`, but no longer than `ms`; how it ends is for somebody else to see. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = delay(clock, ms, done.signal).catch(() => undefined);
  await Promise.race([work, late]);
  done.abort();
}
