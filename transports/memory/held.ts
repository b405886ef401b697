import type { Clock } from '../../src/core/clock.js';
import type { Delivery, Message } from '../../src/core/transport.js';
import type { StoredMessage, Writable } from './message.js';

/** Who takes deliveries: a consumer or an inbox. */
export interface Holder {
  /** Deliveries it holds now, as the broker counts them. */
  holding: number;
  /** Whether it takes another one. */
  isFree(): boolean;
  take(held: Held): void;
  control?(message: Message, sender: string | undefined): void;
}

export interface HandOut {
  readonly number: number;
  readonly sinceMs: number;
  readonly attempt: number;
  readonly signals: boolean;
  readonly clock: Clock;
}

/**
 * A message that is with a holder, until it is settled or the lease ends. A class, as all that is made for each message
 * here: V8 moves literals that often live long to where garbage is dear, and then those that do not live long, too.
 */
export class Held {
  readonly stored: StoredMessage;
  readonly holder: Holder;
  readonly delivery: Writable<Delivery>;
  /** By the monotonic clock. */
  readonly sinceMs: number;
  /** Rises with each that the queue hands out. */
  readonly number: number;
  leaseEndsMs = 0;
  /** Where the leases keep it. */
  place = 0;
  readonly #controller: AbortController | undefined;

  constructor(stored: StoredMessage, holder: Holder, handOut: HandOut) {
    this.stored = stored;
    this.holder = holder;
    this.delivery = new HandedOut(stored, handOut);
    this.sinceMs = handOut.sinceMs;
    this.number = handOut.number;
    this.#controller = handOut.signals ? new AbortController() : undefined;
    if (this.#controller) this.delivery.signal = this.#controller.signal;
  }

  abort(): void {
    this.#controller?.abort(new Error('the broker has given this delivery to somebody else'));
  }
}

class HandedOut implements Writable<Delivery> {
  message: Message;
  attempt: number;
  redelivered: boolean;
  declare sender?: string;
  declare redriven?: string;
  declare timeToLiveMs?: number;
  declare signal?: AbortSignal;
  declare isLost?: boolean;

  constructor({ message, sender, redriven, handedOut }: StoredMessage, { attempt, clock }: HandOut) {
    this.message = message;
    this.attempt = attempt;
    this.redelivered = handedOut > 1;
    if (sender !== undefined) this.sender = sender;
    if (redriven !== undefined) this.redriven = redriven;
    if (message.expiresAt !== undefined) this.timeToLiveMs = message.expiresAt - clock.now();
  }
}
