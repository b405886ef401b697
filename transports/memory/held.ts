import type { Clock } from '../../src/core/clock.js';
import type { Delivery, Message } from '../../src/core/transport.js';
import type { StoredMessage, Writable } from './message.js';

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
  readonly delivery: Writable<Delivery>;
  /** By the monotonic clock. */
  readonly sinceMs: number;
  /** Rises with each that the queue hands out. */
  readonly number: number;
  leaseEndsMs: number;
  /** Where the leases keep it. */
  place: number;
  abort(): void;
}

export interface HandOut {
  readonly number: number;
  readonly sinceMs: number;
  readonly attempt: number;
  readonly signals: boolean;
  readonly clock: Clock;
}

export function hold(stored: StoredMessage, holder: Holder, handOut: HandOut): Held {
  const { number, sinceMs, signals } = handOut;
  const controller = signals ? new AbortController() : undefined;
  const delivery = deliveryOf(stored, handOut);
  if (controller) delivery.signal = controller.signal;
  const abort = (): void => controller?.abort(new Error('the broker has given this delivery to somebody else'));
  return { stored, holder, delivery, number, sinceMs, leaseEndsMs: 0, place: 0, abort };
}

function deliveryOf(
  { message, sender, redriven, handedOut }: StoredMessage,
  { attempt, clock }: HandOut,
): Writable<Delivery> {
  const delivery: Writable<Delivery> = { message, attempt, redelivered: handedOut > 1 };
  if (sender !== undefined) delivery.sender = sender;
  if (redriven !== undefined) delivery.redriven = redriven;
  if (message.expiresAt !== undefined) delivery.timeToLiveMs = message.expiresAt - clock.now();
  return delivery;
}
