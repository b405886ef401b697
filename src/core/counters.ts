/** What happened how often, for health snapshots. */
export interface Counters {
  add(name: string): void;
  snapshot(): Record<string, number>;
}

export function createCounters(): Counters {
  const counts = new Map<string, number>();
  return {
    add: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
    snapshot: () => Object.fromEntries(counts),
  };
}
