import { isOutcomeGiven, RpcError } from './errors.js';
import type { Draft } from './outgoing.js';
import type { PendingCall } from './pending-calls.js';
import type { SendOptions } from './transport.js';

/** A request to send, and how its reply is read. */
export interface Errand {
  readonly to: string;
  readonly signal: AbortSignal | undefined;
  readonly sending: SendOptions | undefined;
  /** @throws RpcError or TypeError if it cannot be sent at all. */
  draft(): Draft;
  /** @throws RpcError for a reply that reports a failure, or is none. */
  decode(body: string, id: string): unknown;
}

/** A request on its way and whoever awaits its reply. A class: closures for each call would cost more than the rest of it. */
export class AwaitedCall implements PendingCall {
  readonly id: string;
  readonly errand: Errand;
  readonly draft: Draft;
  phase: PendingCall['phase'] = 'opening';
  wasRepeated = false;
  nextInBucket: PendingCall | undefined = undefined;
  disarm: (() => void) | undefined = undefined;
  /** Takes its listener off the caller's signal. */
  off: (() => void) | undefined = undefined;
  readonly #succeed: (value: unknown) => void;
  readonly #fail: (error: unknown) => void;

  /** @throws what its errand throws for a request that cannot be sent at all. */
  constructor(errand: Errand, succeed: (value: unknown) => void, fail: (error: unknown) => void) {
    this.draft = errand.draft();
    this.id = this.draft.id;
    this.errand = errand;
    this.#succeed = succeed;
    this.#fail = fail;
  }

  resolve(body: string): void {
    this.off?.();
    try {
      this.#succeed(this.errand.decode(body, this.id));
    } catch (error) {
      this.#fail(this.wasRepeated ? ofOneCopy(error) : error);
    }
  }

  reject(error: RpcError): void {
    this.off?.();
    this.#fail(error);
  }

  timedOut(): RpcError {
    const { id, phase } = this;
    const { expiresAt } = this.draft;
    const deadline = expiresAt !== undefined && { deadline: expiresAt };
    if (phase === 'opening') {
      const message = 'the transport could not open an inbox in time; is the broker there?';
      return new RpcError('unavailable', message, { id, outcome: 'not_executed', ...deadline });
    }
    return new RpcError('deadline_exceeded', 'no reply came in time', { id, outcome: 'unknown', ...deadline });
  }
}

/** One of two copies was refused, for a reason of the moment; the other one may run. */
function ofOneCopy(error: unknown): unknown {
  if (!(error instanceof RpcError) || error.outcome !== 'not_executed') return error;
  const { code, message, id, details, retryable } = error;
  if (!retryable && !isOutcomeGiven(code)) return error;
  return new RpcError(isOutcomeGiven(code) ? code : 'unavailable', message, {
    outcome: 'unknown',
    ...(id !== undefined && { id }),
    ...(details && { details }),
    cause: error,
  });
}
