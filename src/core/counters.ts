/** What happened how often, for health snapshots. */
export interface Counters<Name extends string = string> {
  add(name: Name, by?: number): void;
  get(name: Name): number;
  snapshot(): Record<string, number>;
}

/** `names`: those that a snapshot has from the start, with 0. */
export function createCounters<Name extends string = string>(names: readonly Name[] = []): Counters<Name> {
  const counts = new Map<Name, number>(names.map((name) => [name, 0]));
  return {
    add: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    get: (name) => counts.get(name) ?? 0,
    snapshot: () => Object.fromEntries(counts),
  };
}
