import { createMemoryIdempotencyState, type MemoryIdempotencyState } from '../../stores/memory/idempotency.js';
import { createMemoryLockState, type MemoryLockState } from '../../stores/memory/lock.js';
import type { MemoryBroker, SendFate } from '../../../transports/memory/index.js';
import type { ManualClock } from '../manual-clock.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Profile } from './profile.js';
import type { Recorder } from './recorder.js';
import type { SimulatedLease } from './lease.js';

/** What all processes of one simulation share. */
export interface World {
  readonly clock: ManualClock;
  /** For what no process decides: how long a message takes. */
  readonly random: SeededRandom;
  readonly profile: Profile;
  readonly recorder: Recorder;
  readonly broker: MemoryBroker;
  readonly locks: MemoryLockState;
  readonly keys: MemoryIdempotencyState;
  readonly away: Record<'locks' | 'keys', boolean>;
  /** All leases that are open now. */
  readonly leases: Set<SimulatedLease>;
  /** What becomes of the next message. */
  fateOf(who: string): SendFate;
  /** What the memory broker is told of the message that is being written. */
  writing: SendFate;
  /** When a repeat of a message that was sent is no repeat any more, by address and id. */
  readonly sentBefore: Map<string, number>;
}

export const newStates = () => ({ locks: createMemoryLockState(), keys: createMemoryIdempotencyState() });

/** Mostly a few milliseconds, seldom much more: that is what decides who goes first. */
export function latencyMs({ random }: Pick<World, 'random'>): number {
  const kind = random.below(16);
  if (kind === 0) return 20 + random.below(400);
  return kind < 6 ? 0 : 1 + random.below(8);
}
