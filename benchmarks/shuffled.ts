import type { SeededRandom } from 'samovar/testing';

/** The same items in an order that nothing but the seed decides. */
export function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
