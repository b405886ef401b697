/** What the broker does not know of a delivery that it hands out again. */
export interface Past {
  readonly attempts: number;
  /** How often the quarantine did not take it. */
  readonly quarantineTries: number;
}

const nothing: Past = { attempts: 0, quarantineTries: 0 };

export interface Remembered {
  note(id: string, past: Past): void;
  /** Forgets it, too. */
  take(id: string): Past;
}

/** By message id. The oldest are forgotten where there are more than `most`. */
export function createRemembered(most: number): Remembered {
  const pasts = new Map<string, Past>();
  return {
    note(id, { attempts, quarantineTries }) {
      if (attempts === 0 && quarantineTries === 0) return;
      pasts.set(id, { attempts, quarantineTries });
      const [oldest] = pasts.keys();
      if (pasts.size > most && oldest !== undefined) pasts.delete(oldest);
    },
    take(id) {
      const past = pasts.size === 0 ? undefined : pasts.get(id);
      if (past) pasts.delete(id);
      return past ?? nothing;
    },
  };
}
