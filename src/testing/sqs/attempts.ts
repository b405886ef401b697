import { dedupIntervalMs } from './deduplication.js';
import type { Hold, StoredMessage } from './message.js';

/** Receives by their `ReceiveRequestAttemptId`, to be repeated if their answer was lost. */
export interface Attempts {
  /** The messages of that attempt, if none was deleted, changed or given back since. */
  repeat(attemptId: string, nowMs: number): readonly StoredMessage[] | undefined;
  remember(attemptId: string, messages: readonly StoredMessage[], nowMs: number): void;
}

interface Attempt {
  readonly untilMs: number;
  readonly received: readonly { readonly message: StoredMessage; readonly hold: Hold | undefined }[];
}

export function createAttempts(): Attempts {
  const attempts = new Map<string, Attempt>();

  return {
    repeat(attemptId, nowMs) {
      for (const [id, { untilMs }] of attempts) {
        if (untilMs > nowMs) break;
        attempts.delete(id);
      }
      const received = attempts.get(attemptId)?.received;
      const untouched = received?.every(({ message, hold }) => hold && message.hold === hold && !hold.changed);
      return untouched ? received?.map(({ message }) => message) : undefined;
    },
    remember(attemptId, messages, nowMs) {
      attempts.delete(attemptId);
      const received = messages.map((message) => ({ message, hold: message.hold }));
      attempts.set(attemptId, { untilMs: nowMs + dedupIntervalMs, received });
    },
  };
}
