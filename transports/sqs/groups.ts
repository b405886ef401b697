/** What waits its turn: of each group the first is out, and the next one starts when that is done with. */
export interface Groups<T> {
  /** In order; starts those that are the first of their group. */
  add(items: readonly T[]): void;
  /** The first of its group will not come back: the next one starts. */
  done(item: T): void;
  /** Takes it out, and all that are behind it: those, in order. */
  takeFrom(item: T): T[];
  /** Takes out all that are not the first of their group, in order. */
  takeWaiting(): T[];
}

export function createGroups<T extends { readonly group: string }>(start: (item: T) => void): Groups<T> {
  const lines = new Map<string, T[]>();

  function takeFrom(item: T): T[] {
    const line = lines.get(item.group) ?? [];
    const index = line.indexOf(item);
    if (index < 0) return [];
    if (index === 0) lines.delete(item.group);
    return line.splice(index).slice(1);
  }

  return {
    add(items) {
      const first: T[] = [];
      for (const item of items) {
        const line = lines.get(item.group);
        if (line) line.push(item);
        else {
          lines.set(item.group, [item]);
          first.push(item);
        }
      }
      // Not before the others are in line: a start may end with all of the group going back.
      for (const item of first) start(item);
    },
    done(item) {
      const line = lines.get(item.group);
      if (line?.[0] !== item) return;
      line.shift();
      const [next] = line;
      if (next === undefined) lines.delete(item.group);
      else start(next);
    },
    takeFrom,
    takeWaiting: () => [...lines.values()].flatMap((line) => line.splice(1)),
  };
}
