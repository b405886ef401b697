/** Names that people know from elsewhere. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['concurrency', 'max_simultaneous_requests'],
  ['prefetch', 'max_simultaneous_requests'],
  ['vhosts', 'virtual_hosts'],
  ['user', 'username'],
  ['address', 'queue'],
  ['addresses', 'also'],
]);

/** Which of `known` somebody meant who wrote `name`, if that can be guessed. */
export function nearMiss(name: string, known: readonly string[]): string | undefined {
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll('-', '_');
  const synonym = synonyms.get(snake);
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceBetween(snake, candidate.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** How many letters have to be added, left out, changed, or swapped with their neighbour. */
function distanceBetween(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const at = (up: number, left: number) => rows[i - up]?.[j - left] ?? Infinity;
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        at(1, 0) + 1,
        (row[j - 1] ?? Infinity) + 1,
        at(1, 1) + (one[i - 1] === other[j - 1] ? 0 : 1),
        isSwap ? at(2, 2) + 1 : Infinity,
      );
    }
    rows.push(row);
  }
  return rows[one.length]?.[other.length] ?? Infinity;
}
