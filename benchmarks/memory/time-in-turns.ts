import { createSeededRandom } from 'samovar/testing';
import { shuffled } from '../shuffled.js';
import type { Timed } from './contender-process.js';
import type { ContenderProcess } from './start-contenders.js';

const thorough = { warmUpMs: 2_000, rounds: 9, roundMs: 500 };
const brisk = { warmUpMs: 500, rounds: 3, roundMs: 150 };

/** Of each contender, what each round gave. All take turns, in each round in another order. */
export async function timeInTurns(
  contenders: readonly ContenderProcess[],
  { seed, quick }: { readonly seed: number; readonly quick: boolean },
): Promise<readonly (readonly Timed[])[]> {
  const { warmUpMs, rounds, roundMs } = quick ? brisk : thorough;
  const random = createSeededRandom(seed);
  const results = contenders.map((contender) => ({ contender, timed: [] as Timed[] }));
  for (const contender of contenders) await contender.time(warmUpMs);
  for (let round = 0; round < rounds; round++) {
    for (const { contender, timed } of shuffled(results, random)) timed.push(await contender.time(roundMs));
  }
  return results.map(({ timed }) => timed);
}

/** In process nothing is waited for, so this is the time of a call on a machine that has nothing else to do. */
export const cpuNsOf = (timed: readonly Timed[]): readonly number[] => timed.map(({ cpuNs }) => cpuNs);
