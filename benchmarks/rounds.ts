export { median } from './statistics.js';
import { createSeededRandom } from 'samovar/testing';
import type { Opened } from './contender.js';
import { shuffled } from './shuffled.js';
import { measureSlot, tolerableLoad, type Slot } from './slot.js';

export interface RoundsOptions {
  readonly callers: number;
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly roundMs: number;
  /** How often a disturbed slot is measured again. */
  readonly repeats: number;
  readonly seed: number;
  readonly brokerPid?: number | undefined;
  readonly write: (line: string) => void;
}

/** A contender's slots, one of each round. */
export interface Measured {
  readonly name: string;
  readonly slots: readonly Slot[];
}

/** After a warm-up all take turns, in each round in another order, so that what else the machine does hits all alike. */
export async function measureRounds(
  contenders: readonly Opened[],
  options: RoundsOptions,
): Promise<readonly Measured[]> {
  const { callers, warmUpMs, rounds, roundMs, repeats, seed, brokerPid, write } = options;
  const random = createSeededRandom(seed);
  const measured = contenders.map((contender) => ({ contender, name: contender.name, slots: [] as Slot[] }));
  for (const { contender, name } of measured) {
    write(`${callers} callers: ${name} warms up`);
    await contender.caller.ask({ command: 'run', callers, ms: warmUpMs });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { contender, name, slots } of shuffled(measured, random)) {
      write(`${callers} callers: round ${round} of ${rounds}, ${name}`);
      slots.push(await undisturbed(contender));
    }
  }
  return measured;

  /** The least disturbed of the tries. */
  async function undisturbed(contender: Opened): Promise<Slot> {
    let best: Slot | undefined;
    for (let tries = 0; tries <= repeats; tries++) {
      const slot = await measureSlot(contender, { callers, ms: roundMs }, brokerPid);
      if (!best || slot.foreignLoad < best.foreignLoad) best = slot;
      if (best.foreignLoad <= tolerableLoad) break;
    }
    return best as Slot;
  }
}
