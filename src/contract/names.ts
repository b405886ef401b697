/** Gives each name once. */
export interface Names {
  /** The name, or one like it if it is taken. */
  take(name: string): string;
}

export function createNames(taken: Iterable<string>): Names {
  const used = new Set(taken);
  return {
    take(name) {
      let free = name;
      for (let nth = 2; used.has(free); nth++) free = `${name}_${nth}`;
      used.add(free);
      return free;
    },
  };
}
