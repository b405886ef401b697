import { setMaxListeners } from 'node:events';

const nothing = (): void => undefined;

/** Calls `task` once when the signal aborts, at once if it has. Returns a function that takes the listener off. */
export function onAbort(signal: AbortSignal | undefined, task: () => void): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    task();
    return nothing;
  }
  // Many calls may share one signal; Node would write a warning about a leak to standard error.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', task, { once: true });
  return () => signal.removeEventListener('abort', task);
}

/** As `work`, but rejects with the signal's reason as soon as that aborts. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const off = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(off);
  });
}
