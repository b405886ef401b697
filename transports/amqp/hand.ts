import type { Delivery, Message } from '../../src/core/transport.js';
import type { Arrival, ArrivalRules } from './arrival.js';
import type { Chain, Chained } from './chain.js';
import type { Link } from './link.js';
import type { Settler } from './settler.js';
import type { RawMessage } from './wire.js';

/** One channel and what came on it. */
export interface Session {
  readonly link: Link;
  readonly settler: Settler;
  readonly rules: ArrivalRules;
  readonly hands: Chain<Hand>;
  cancel(): Promise<void>;
}

/** One delivery from its arrival until it is settled on the channel it came on. */
export class Hand implements Chained<Hand> {
  readonly raw: RawMessage;
  readonly arrival: Arrival;
  readonly session: Session;
  readonly arrivedMs: number;
  /** Counted attempts so far. */
  attempts: number;
  /** How often the quarantine did not take it. */
  quarantineTries: number;
  previous: Hand | undefined = undefined;
  next: Hand | undefined = undefined;
  isFirst = true;
  isDone = false;
  /** Ends its wait in this process. */
  cancelHold: (() => void) | undefined = undefined;
  /** Ends a copy of it that has not been written; made with the first copy. */
  copying: AbortController | undefined = undefined;

  /** `past`: what is remembered of an earlier arrival of the same message. */
  constructor(
    raw: RawMessage,
    arrival: Arrival,
    session: Session,
    nowMs: number,
    past: Pick<Hand, 'attempts' | 'quarantineTries'>,
  ) {
    this.raw = raw;
    this.arrival = arrival;
    this.session = session;
    this.arrivedMs = nowMs;
    this.attempts = Math.max(arrival.attempts, past.attempts);
    this.quarantineTries = past.quarantineTries;
  }
}

/** What the core is given of it. A class for its getter, which an object of its own would have made anew for each. */
export class HandDelivery implements Delivery {
  readonly message: Message;
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly #session: Session;

  constructor({ arrival, attempts, isFirst, raw, session }: Hand) {
    this.message = arrival.message;
    this.attempt = attempts + 1;
    this.redelivered = attempts > 0 || (isFirst && raw.fields.redelivered);
    this.#session = session;
  }

  get isLost(): boolean {
    return !this.#session.settler.isOpen();
  }
}
