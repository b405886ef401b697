import { Buffer } from 'node:buffer';
import type { Handler } from './handler.js';
import { RpcError } from './errors.js';
import { ancestorsHeader, parseAncestors } from './headers.js';
import type { Delivery, Disposition, Message } from './transport.js';

/** A reply's text, and the error in it where it is one. */
export interface Answer {
  readonly body: string;
  readonly error?: RpcError;
}

/** How a request ended: what its caller is told (if one waits), and how its delivery is settled. */
export interface Result {
  readonly answer?: Answer;
  readonly disposition: Disposition;
}

/** Why a call that never started goes back to the broker: this worker stops. */
export class Draining extends Error {
  override readonly name = 'Draining';

  constructor() {
    super('the worker is stopping');
  }
}

/** One delivery of a request on its way through the worker. */
export class Call {
  readonly id: string;
  readonly message: Message;
  readonly delivery: Delivery;
  readonly address: string;
  readonly handler: Handler;
  /** The parsed body; `request` is what the schema made of it, and the only thing a handler sees. */
  readonly body: unknown;
  /** When it arrived, by the monotonic clock. */
  readonly arrivedMs: number;
  /** The message ids of the requests that wait for this one. */
  readonly ancestors: readonly string[];
  /** When its time is up, by the monotonic clock. */
  limitMs = Infinity;
  request: unknown = undefined;
  /** Scoped by caller and action; undefined for a request without a key. */
  key: string | undefined = undefined;
  fingerprint = '';
  /** The handler has been entered, here or in the run that this call shares. */
  started = false;
  /** It waits for a run of the same key: whether the effect happens is not for this call to say. */
  isAttached = false;
  /** Called when the run starts. */
  onStart: (() => void) | undefined = undefined;
  fence = 0;
  /** The lock, the claim or the delivery was lost while it ran: its result counts for nothing. */
  lost: RpcError | undefined = undefined;
  /** The reply that went out before the run ended. */
  early: Promise<void> | undefined = undefined;
  /** Gives the slot back; set while it holds one. */
  freeSlot: (() => void) | undefined = undefined;
  /** Ends the watch over its time, and when that would have struck. */
  disarm: (() => void) | undefined = undefined;
  armedMs = Infinity;
  cancelReason: Error | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(delivery: Delivery, address: string, handler: Handler, body: unknown, arrivedMs: number) {
    this.id = delivery.message.id;
    this.message = delivery.message;
    this.delivery = delivery;
    this.address = address;
    this.handler = handler;
    this.body = body;
    this.arrivedMs = arrivedMs;
    this.ancestors = parseAncestors(delivery.message.headers[ancestorsHeader]);
  }

  /** The name of its action. */
  get action(): string {
    return this.handler.action.name;
  }

  /** Who asks, as the broker vouches for it. */
  get caller(): string | undefined {
    return this.delivery.sender;
  }

  /** As lock providers call it. */
  get owner(): string {
    return this.id;
  }

  /** Somebody waits for the reply. */
  get isAnswerable(): boolean {
    return this.message.replyTo !== undefined;
  }

  /** Made when first asked for: most calls never need one. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.cancelReason !== undefined) this.#controller.abort(this.cancelReason);
    }
    return this.#controller.signal;
  }

  /** Aborts `signal`; the first reason stays. */
  cancel(reason: Error): void {
    if (this.cancelReason !== undefined) return;
    this.cancelReason = reason;
    this.#controller?.abort(reason);
  }

  /** Whatever it held is somebody else's now: its result counts for nothing. Returns the reason to stop it with. */
  lose(what: string, cause: unknown): RpcError {
    this.lost ??= new RpcError('unavailable', `the ${what} was lost while the handler ran`, {
      id: this.id,
      outcome: 'unknown',
      cause,
    });
    return this.lost;
  }

  throwIfCancelled(): void {
    if (this.cancelReason !== undefined) throw this.cancelReason;
  }
}

export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
