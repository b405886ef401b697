/** What was already said of a message whose deduplication id came again. */
export interface SentBefore {
  readonly messageId: string;
  readonly sequenceNumber: string | undefined;
}

/** SQS developer guide, "Exactly-once processing": five minutes, whether the message is still there or not. */
export interface Deduplication {
  find(key: string, nowMs: number): SentBefore | undefined;
  remember(key: string, sent: SentBefore, nowMs: number): void;
}

export const dedupIntervalMs = 5 * 60_000;

export function createDeduplication(): Deduplication {
  const entries = new Map<string, { readonly sent: SentBefore; readonly untilMs: number }>();

  function forgetOld(nowMs: number): void {
    for (const [key, { untilMs }] of entries) {
      if (untilMs > nowMs) return;
      entries.delete(key);
    }
  }

  return {
    find(key, nowMs) {
      forgetOld(nowMs);
      return entries.get(key)?.sent;
    },
    remember(key, sent, nowMs) {
      entries.set(key, { sent, untilMs: nowMs + dedupIntervalMs });
    },
  };
}
