import type { Random } from '../core/random.js';

/** What generating draws from; the same `Random` gives the same draws. */
export interface Dice {
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** One of them; they must not be empty. */
  pick<T>(from: readonly T[]): T;
  isHeads(): boolean;
  unit(): number;
  uuid(): string;
}

export function createDice(random: Random): Dice {
  const between = (least: number, most: number): number => least + Math.floor(random.unit() * (most - least + 1));
  return {
    between,
    pick: <T>(from: readonly T[]): T => from[between(0, from.length - 1)] as T,
    isHeads: () => random.unit() < 0.5,
    unit: () => random.unit(),
    uuid: () => random.uuid(),
  };
}
