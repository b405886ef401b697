import type { Arrival, ArrivalRules } from './arrival.js';
import type { Link } from './link.js';
import type { Settler } from './settler.js';
import type { RawMessage } from './wire.js';

/** One channel and what came on it. */
export interface Session {
  readonly link: Link;
  readonly settler: Settler;
  readonly rules: ArrivalRules;
  readonly hands: Set<Hand>;
  cancel(): Promise<void>;
}

/** One delivery from its arrival until it is settled on the channel it came on. */
export interface Hand {
  readonly raw: RawMessage;
  readonly arrival: Arrival;
  readonly session: Session;
  readonly arrivedMs: number;
  /** Counted attempts so far. */
  attempts: number;
  /** How often the quarantine did not take it. */
  quarantineTries: number;
  isFirst: boolean;
  isDone: boolean;
  /** Ends its wait in this process. */
  cancelHold: (() => void) | undefined;
  /** Ends a copy of it that has not been written; made with the first copy. */
  copying: AbortController | undefined;
}
