import type { Answer } from './answer.js';
import { RpcError } from './errors.js';
import type { Handler } from './handler.js';
import { ancestorsHeader, parseAncestors } from './headers.js';
import type { Identified } from './id-table.js';
import type { CallSecrets } from '../secrets/call-secrets.js';
import type { Delivery, Disposition, Message } from './transport.js';

/** Why a call that never started goes back to the broker: this worker stops. */
export class Draining extends Error {
  override readonly name = 'Draining';

  constructor() {
    super('the worker is stopping');
  }
}

/** Whether `answer` is for whoever has the delivery now to give: they may start what this says is not executed. */
export function isForOthers({ signal, isLost }: Delivery, answer: Answer | undefined): boolean {
  return signal?.aborted === true || (isLost === true && answer?.error?.outcome === 'not_executed');
}

/** One delivery of a request on its way through the worker. */
export class Call implements Identified<Call> {
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
  /** When nobody waits for it any more, by the monotonic clock. */
  readonly deadlineMs: number;
  /** When its time is up: its deadline, or the end of its run if that is earlier. */
  limitMs: number;
  request: unknown = undefined;
  /** Set if its action has secrets. */
  secrets: CallSecrets | undefined = undefined;
  /** Scoped by caller and action; undefined for a request without a key. */
  key: string | undefined = undefined;
  fingerprint = '';
  /** The handler has been entered, here or in the run that this call shares. */
  started = false;
  /** The handler has been entered here, and has not ended. */
  isRunning = false;
  /** It waits for a run of the same key: whether the effect happens is not for this call to say. */
  isAttached = false;
  /** Starts of the same key that ended with a crash. */
  crashes = 0;
  fence = 0;
  /** The lock, the claim or the delivery was lost while it was in hand: its result counts for nothing. */
  lost: RpcError | undefined = undefined;
  cancelReason: Error | undefined = undefined;
  /** Its answer was kept back, since the delivery is with somebody else. */
  isLeftToOthers = false;
  /** How this delivery will be settled, for one that comes again meanwhile. */
  settled: Promise<Disposition> | undefined = undefined;
  /** As lock providers call it: its locks are not free, and it has to wait. */
  onWait: (() => void) | undefined = undefined;
  /** Looks whether its locks were lost while nothing ran here; set while it holds some. */
  checkLocks: (() => void) | undefined = undefined;
  /** Called when the run starts. */
  onStart: (() => void) | undefined = undefined;
  /** The reply that went out before the run ended. */
  early: Promise<void> | undefined = undefined;
  /** Takes the slot back that it holds. */
  slot: (() => void) | undefined = undefined;
  /** Its time is watched over. */
  isTimed = false;
  nextInBucket: Call | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(
    delivery: Delivery,
    address: string,
    handler: Handler,
    body: unknown,
    times: { arrivedMs: number; limitMs: number },
  ) {
    this.id = delivery.message.id;
    this.message = delivery.message;
    this.delivery = delivery;
    this.address = address;
    this.handler = handler;
    this.body = body;
    this.arrivedMs = times.arrivedMs;
    this.deadlineMs = times.limitMs;
    this.limitMs = times.limitMs;
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

  /** This run, an earlier one, a running duplicate or whoever was given it since may have had the effect: no error may promise the contrary. */
  get mayHaveStarted(): boolean {
    const { redelivered, attempt, isLost } = this.delivery;
    return this.started || this.isAttached || redelivered || attempt > 1 || this.crashes > 0 || isLost === true;
  }

  /** Whoever has the delivery now will answer it: from here it could only be told what may be wrong by then. */
  leaveToOthers(answer: Answer | undefined): boolean {
    this.isLeftToOthers = isForOthers(this.delivery, answer);
    return this.isLeftToOthers;
  }

  /** Made when first asked for: most calls never need one. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.cancelReason !== undefined) this.#controller.abort(this.cancelReason);
    }
    return this.#controller.signal;
  }

  /** Does nothing for one that holds none. */
  freeSlot(): void {
    const { slot } = this;
    this.slot = undefined;
    slot?.();
  }

  /** Aborts `signal`; the first reason stays. */
  cancel(reason: Error): void {
    if (this.cancelReason !== undefined) return;
    this.cancelReason = reason;
    this.#controller?.abort(reason);
  }

  /**
   * Whatever it held is somebody else's now. Returns the reason to stop it with. Who stood still for so long may have
   * lost the delivery, too, and whoever has that may have started it.
   */
  lose(what: string, cause: unknown): RpcError {
    this.lost ??= new RpcError('unavailable', `the ${what} was lost before the request ended`, {
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
