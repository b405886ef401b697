import type { Clock } from 'samovar';

/** Resolves after `ms`. @throws the signal's reason as soon as it aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = clock.after(ms, () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
    function giveUp(): void {
      stop();
      reject(signal.reason as Error);
    }
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
