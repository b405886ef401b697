import type { LockKey } from '../stores/lock.js';
import type { Action, RequestOf, ResponseInput } from './action.js';
import { checkInteger, checkPositive } from './checks.js';
import type { Client } from './client.js';
import { acrossCopies } from './copies.js';
import type { Logger } from './log.js';
import { Replied } from './reply.js';

/** What a handler is given beside the request. */
export interface HandlerContext {
  /** Aborts when nobody waits any more, the time is up, a lock or claim was lost, or the worker stops. */
  readonly signal: AbortSignal;
  /** Who asks, as the broker vouches for it; undefined where it does not. */
  readonly caller: string | undefined;
  /** 1 at first, one more for each retry. */
  readonly attempt: number;
  /** The broker has handed this request out before: an earlier start may have had its effect. */
  readonly redelivered: boolean;
  /** Larger for each later holder of the same locks; 0 without locks. */
  readonly fence: number;
  /** When the caller stops waiting, in epoch milliseconds. */
  readonly deadline: number | undefined;
  readonly messageId: string;
  /** Which of the worker's addresses it came to. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For nested calls: they inherit what is left of the deadline, and the locks they must not wait for. */
  readonly client: Client;
  readonly log: Logger;
}

export interface RetryOptions {
  /** Starts in all before the request goes to quarantine; 5 by default. */
  readonly attempts?: number;
  /** The upper end of the first delay; 1,000 by default. Each delay is drawn from 0 up to its upper end. */
  readonly firstDelayMs?: number;
  /** How much longer each delay's upper end is than the one before; 3 by default. */
  readonly factor?: number;
}

export interface HandlerOptions<A extends Action> {
  /** What the request touches; conflicting requests of any action wait for each other. No keys, no lock. */
  locks?(this: void, request: RequestOf<A>): readonly LockKey[];
  /** Names the intended effect: requests with one key take effect once. By default the caller's key, if it sent one. */
  idempotencyKey?(this: void, request: RequestOf<A>): string | undefined;
  /**
   * What happens to a request whose worker crashed while it ran. 'retry' (default): run again. 'park': not run
   * again; the caller is told `crashed` and the request is set aside. 'park' needs a durable idempotency store.
   */
  readonly onCrash?: 'retry' | 'park';
  /** How many runs of this action at once in this worker; by default only the worker's `concurrency` counts. */
  readonly concurrency?: number;
  /** How long a run may take; 60,000 by default. Past it `signal` aborts and the caller is answered. */
  readonly timeoutMs?: number;
  /** For one-way requests that failed, and for `RetryLater`. */
  readonly retry?: RetryOptions;
  /** Requests that still wait with an equal key and an equal content share one run, and each gets its answer. */
  coalesce?(this: void, request: RequestOf<A>): string;
  run(
    this: void,
    request: RequestOf<A>,
    context: HandlerContext,
  ): ResponseInput<A> | Replied<ResponseInput<A>> | Promise<ResponseInput<A> | Replied<ResponseInput<A>>>;
}

/** The server's side of one action. */
export interface Handler<A extends Action = Action> extends HandlerOptions<A> {
  readonly action: A;
}

/**
 * Declares how an action is done.
 * @throws TypeError naming the option that is wrong.
 */
export function defineHandler<A extends Action>(action: A, options: HandlerOptions<A>): Handler {
  const { name } = action;
  if (typeof options.run !== 'function')
    throw new TypeError(`expected "run" of the handler for ${name} to be a function`);
  checkPositive(options.timeoutMs, `timeoutMs of the handler for ${name}`);
  checkInteger(options.concurrency, `concurrency of the handler for ${name}`);
  checkInteger(options.retry?.attempts, `retry.attempts of the handler for ${name}`);
  checkPositive(options.retry?.firstDelayMs, `retry.firstDelayMs of the handler for ${name}`);
  checkPositive(options.retry?.factor, `retry.factor of the handler for ${name}`);
  const { onCrash } = options;
  if (onCrash !== undefined && onCrash !== 'retry' && onCrash !== 'park') {
    throw new TypeError(`expected onCrash of the handler for ${name} to be 'retry' or 'park', got ${String(onCrash)}`);
  }
  // A registry holds handlers of many actions; each only ever meets requests that its own schema let through.
  return Object.freeze({ ...options, action });
}

/** Thrown by a handler that cannot do it yet: the request is tried again, within its attempts and its deadline. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly afterMs: number | undefined;

  /** `afterMs`: when to try again; by default as the handler's `retry` says. */
  constructor(afterMs?: number) {
    super('the handler asked to be tried again later');
    if (afterMs !== undefined && !(Number.isFinite(afterMs) && afterMs >= 0)) {
      throw new TypeError(`expected RetryLater's delay to be a number of milliseconds of at least 0, got ${afterMs}`);
    }
    this.afterMs = afterMs;
  }

  static {
    acrossCopies(this, 'RetryLater');
  }
}

/** Thrown by a handler to answer with one of its action's declared errors. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly errorName: string;
  readonly data: unknown;

  constructor(errorName: string, data: unknown) {
    super(`failed: ${errorName}`);
    this.errorName = errorName;
    this.data = data;
  }

  static {
    acrossCopies(this, 'Failed');
  }
}

/** The error to throw for a declared error: `throw failed('out_of_beans', { leftGrams: 3 })`. Checked when thrown. */
export function failed(name: string, data: unknown): Failed {
  return new Failed(name, data);
}

/** Answers with `value` and a sentence of the handler's own: `return reply({ tolerable }, { message: 'Determined toleration' })`. */
export function reply<T>(value: T, options: { readonly message: string }): Replied<T> {
  return new Replied(value, options.message);
}
