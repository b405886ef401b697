/** What SQS does not know of a message that it hands out again: counted by this process. */
export interface Past {
  readonly retries: number;
  /** How often the dead letters did not take it. */
  readonly failedCopies: number;
}

export interface Pasts {
  of(messageId: string): Past;
  note(messageId: string, past: Past): void;
  forget(messageId: string): void;
}

const none: Past = { retries: 0, failedCopies: 0 };

/** The oldest are forgotten where there are more than `most`. */
export function createPasts(most: number): Pasts {
  const pasts = new Map<string, Past>();
  return {
    of: (messageId) => pasts.get(messageId) ?? none,
    note(messageId, past) {
      pasts.delete(messageId);
      pasts.set(messageId, past);
      const [oldest] = pasts.keys();
      if (pasts.size > most && oldest !== undefined) pasts.delete(oldest);
    },
    forget: (messageId) => void pasts.delete(messageId),
  };
}
