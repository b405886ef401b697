type Camel<Key> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;
type Camelled<T> = { [Key in keyof T as Camel<Key>]: Exclude<T[Key], undefined> };

/** `source` with its keys in camel case, those that are undefined left out. */
export function camelled<T extends object>(source: T): Camelled<T> {
  const entries = Object.entries(source).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]),
  ) as Camelled<T>;
}
