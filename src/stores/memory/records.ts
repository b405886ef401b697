import type { Settled } from '../idempotency.js';
import type { Lease } from './lease.js';

/** What became of a key. A step prepared in one phase is void in any other, so the object is its own token. */
export type Phase = RunningPhase | AbandonedPhase | Settled;

export interface RunningPhase {
  readonly state: 'running';
  readonly starts: number;
  readonly lease: Lease;
}

export interface AbandonedPhase {
  readonly state: 'abandoned';
  /** Until somebody else takes it, its owner may still come back and settle it. */
  readonly was: RunningPhase;
}

export interface KeyRecord {
  readonly key: string;
  readonly fingerprint: string;
  /** None any more once it is forgotten. */
  phase: Phase | undefined;
  /** Called once, when the phase changes. */
  watchers: Set<() => void> | undefined;
  /** By the monotonic clock; means something only while it rests. */
  forgetAtMs: number;
  older: KeyRecord | undefined;
  newer: KeyRecord | undefined;
}

/** What several stores share when they stand for several processes. */
export interface MemoryIdempotencyState {
  /** How many keys are remembered. */
  readonly size: number;
  /**
   * @internal Apart from the others, because a key claimed and released over and over fills a bucket of its Map with
   * deleted entries until the next rehash: of this Map that is soon, of one with 100,000 answers it is not.
   */
  readonly running: Map<string, KeyRecord>;
  /** @internal Settled or abandoned. */
  readonly resting: Map<string, KeyRecord>;
  /** @internal How long the answers are together. */
  characters: number;
  /** @internal The ends of the chain of resting records, in the order in which they came to rest. */
  readonly chain: { oldest: KeyRecord | undefined; newest: KeyRecord | undefined };
}

/** The records that several stores of one process share. */
export function createMemoryIdempotencyState(): MemoryIdempotencyState {
  const running = new Map<string, KeyRecord>();
  const resting = new Map<string, KeyRecord>();
  return {
    running,
    resting,
    characters: 0,
    chain: { oldest: undefined, newest: undefined },
    get size() {
      return running.size + resting.size;
    },
  };
}

/** A key that nobody knows is now run by somebody. */
export function start(state: MemoryIdempotencyState, key: string, fingerprint: string, phase: RunningPhase): KeyRecord {
  const record: KeyRecord = {
    key,
    fingerprint,
    phase,
    watchers: undefined,
    forgetAtMs: 0,
    older: undefined,
    newer: undefined,
  };
  state.running.set(key, record);
  return record;
}

/** A resting record is run again: until it rests once more it cannot be forgotten. */
export function resume(state: MemoryIdempotencyState, record: KeyRecord, phase: RunningPhase): void {
  remove(state, record);
  state.running.set(record.key, record);
  change(record, phase);
}

/** Nobody runs it any more: it is forgotten at `forgetAtMs`, or earlier where room is needed. */
export function rest(
  state: MemoryIdempotencyState,
  record: KeyRecord,
  phase: AbandonedPhase | Settled,
  forgetAtMs: number,
): void {
  remove(state, record);
  state.resting.set(record.key, record);
  const { chain } = state;
  record.forgetAtMs = forgetAtMs;
  record.older = chain.newest;
  if (chain.newest) chain.newest.newer = record;
  else chain.oldest = record;
  chain.newest = record;
  if (phase.state === 'settled') state.characters += phase.reply.length;
  change(record, phase);
}

export function forget(state: MemoryIdempotencyState, record: KeyRecord): void {
  remove(state, record);
  change(record, undefined);
}

/** Also true for an owner that comes back before anybody took over what it seemed to have abandoned. */
export function isStill(record: KeyRecord, running: RunningPhase): boolean {
  const { phase } = record;
  return phase === running || (phase?.state === 'abandoned' && phase.was === running);
}

function change(record: KeyRecord, phase: Phase | undefined): void {
  record.phase = phase;
  const { watchers } = record;
  if (!watchers) return;
  record.watchers = undefined;
  for (const wake of watchers) wake();
}

function remove(state: MemoryIdempotencyState, record: KeyRecord): void {
  const { running, resting, chain } = state;
  if (record.phase?.state === 'running') {
    running.delete(record.key);
    return;
  }
  resting.delete(record.key);
  if (record.phase?.state === 'settled') state.characters -= record.phase.reply.length;
  const { older, newer } = record;
  if (older) older.newer = newer;
  else chain.oldest = newer;
  if (newer) newer.older = older;
  else chain.newest = older;
  record.older = record.newer = undefined;
}
