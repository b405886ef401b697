import type { Clock } from '../../src/core/clock.js';
import type { Delivery, Message } from '../../src/core/transport.js';
import type { StoredMessage } from './message.js';

/** Who takes deliveries: a consumer or an inbox. */
export interface Holder {
  /** Deliveries it holds now, as the broker counts them. */
  holding: number;
  /** Whether it takes another one. */
  readonly free: boolean;
  take(held: Held): void;
  control?(message: Message, sender: string | undefined): void;
}

/** A message that is with a holder, until it is settled or the lease ends. */
export interface Held {
  readonly stored: StoredMessage;
  readonly holder: Holder;
  readonly delivery: Delivery;
  /** By the monotonic clock. */
  readonly sinceMs: number;
  /** Rises with each that the queue hands out. */
  readonly number: number;
  leaseEndsMs: number;
  /** Where the leases keep it. */
  place: number;
  abort(): void;
}

/** Makes its AbortController only when somebody asks for the signal: it would cost more than all the rest. */
class LeasedDelivery implements Delivery {
  readonly message: Message;
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly sender?: string;
  readonly timeToLiveMs?: number;
  #lost = false;
  #controller: AbortController | undefined;

  constructor(stored: StoredMessage, attempt: number, clock: Clock) {
    this.message = stored.message;
    this.attempt = attempt;
    this.redelivered = stored.handedOut > 1;
    if (stored.sender !== undefined) this.sender = stored.sender;
    if (stored.message.expiresAt !== undefined) this.timeToLiveMs = stored.message.expiresAt - clock.now();
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#lost) this.#controller.abort();
    return this.#controller.signal;
  }

  lose(): void {
    this.#lost = true;
    this.#controller?.abort();
  }
}

export interface HandOut {
  readonly number: number;
  readonly sinceMs: number;
  readonly attempt: number;
  readonly clock: Clock;
}

export function hold(stored: StoredMessage, holder: Holder, { number, sinceMs, attempt, clock }: HandOut): Held {
  const delivery = new LeasedDelivery(stored, attempt, clock);
  const abort = (): void => delivery.lose();
  return { stored, holder, delivery, number, sinceMs, leaseEndsMs: 0, place: 0, abort };
}
