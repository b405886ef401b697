import { createSeededRandom } from 'samovar/testing';
import type { Opened } from './contender.js';
import type { GroupContext } from './group.js';
import { shuffled } from './shuffled.js';
import { measureSlot, tolerableLoad, type Slot } from './slot.js';

const thorough = { warmUpMs: 2_000, rounds: 7, roundMs: 1_000, repeats: 3 };
const brisk = { warmUpMs: 2_000, rounds: 5, roundMs: 400, repeats: 0 };
/** One caller alone makes too few calls for the engine to compile what they run. */
const fewestThatWarm = 16;

/** A contender's slots, one of each round. */
export interface Measured {
  readonly name: string;
  readonly slots: readonly Slot[];
}

/** After a warm-up all take turns, in each round in another order, so that what else the machine does hits all alike. */
export async function measureRounds(
  contenders: readonly Opened[],
  callers: number,
  { quick, seed, brokerPid, write }: Pick<GroupContext, 'quick' | 'seed' | 'brokerPid' | 'write'>,
): Promise<readonly Measured[]> {
  const { warmUpMs, rounds, roundMs, repeats } = quick ? brisk : thorough;
  const random = createSeededRandom(seed);
  const measured = contenders.map((contender) => ({ contender, name: contender.name, slots: [] as Slot[] }));
  for (const { contender, name } of measured) {
    write(`${callers} callers: ${name} warms up`);
    await contender.caller.ask({ command: 'run', callers: Math.max(callers, fewestThatWarm), ms: warmUpMs });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { contender, name, slots } of shuffled(measured, random)) {
      write(`${callers} callers: round ${round} of ${rounds}, ${name}`);
      slots.push(await undisturbed(contender));
    }
  }
  return measured;

  /** One that other programs have disturbed is measured again; the least disturbed one counts. */
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
