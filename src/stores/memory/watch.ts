import type { KeyRecord } from './records.js';

/** Those that wait in one store for records to change. */
export interface Watch {
  /** Resolves at the record's next change; rejects with the signal's reason, or once the store is closed. */
  changed(record: KeyRecord, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createWatch(closedError: () => Error): Watch {
  const refusals = new Set<() => void>();

  function changed(record: KeyRecord, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      function forget(): void {
        signal.removeEventListener('abort', onAbort);
        refusals.delete(refuse);
        record.watchers?.delete(wake);
      }
      function wake(): void {
        forget();
        resolve();
      }
      function onAbort(): void {
        forget();
        reject(signal.reason as Error);
      }
      function refuse(): void {
        forget();
        reject(closedError());
      }
      signal.addEventListener('abort', onAbort, { once: true });
      refusals.add(refuse);
      record.watchers ??= new Set();
      record.watchers.add(wake);
    });
  }

  function close(): void {
    for (const refuse of refusals) refuse();
  }

  return { changed, close };
}
