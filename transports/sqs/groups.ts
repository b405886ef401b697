/** What waits its turn: of each group the first is out, and the next one starts when that is done with. */
export interface Groups<T> {
  /** Starts it at once where it is the first of its group. */
  add(item: T): void;
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
    add(item) {
      const line = lines.get(item.group);
      if (line) {
        line.push(item);
        return;
      }
      lines.set(item.group, [item]);
      start(item);
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
