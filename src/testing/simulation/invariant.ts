import type { History, SimulationEvent } from './history.js';

/** Something that must hold whatever goes wrong. */
export interface Invariant {
  readonly name: string;
  /** In words. */
  readonly says: string;
  /** Looked at after each event, which the history then has: what is wrong, if anything. */
  onEvent?(this: void, event: SimulationEvent, history: History): string | undefined;
  /** Looked at when all is over. */
  atEnd?(this: void, history: History): readonly string[];
}

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  readonly atMs: number;
  /** How many events there were. */
  readonly after: number;
}
