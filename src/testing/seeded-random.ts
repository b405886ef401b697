import type { Random } from '../core/random.js';

export interface SeededRandom extends Random {
  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** One of them; they must not be empty. */
  pick<T>(from: readonly T[]): T;
}

/** The same seed gives the same choices (mulberry32). Not for secrets: its UUIDs can be foretold. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed | 0;

  function word(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  const unit = (): number => word() / 2 ** 32;
  const below = (limit: number): number => Math.floor(unit() * limit);

  function uuid(): string {
    const hex = [word(), word(), word(), word()].map((part) => part.toString(16).padStart(8, '0')).join('');
    const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      variant + hex.slice(17, 20),
      hex.slice(20),
    ].join('-');
  }

  function pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('expected something to pick from, got an empty list');
    return from[below(from.length)] as T;
  }

  return { uuid, unit, below, pick };
}
