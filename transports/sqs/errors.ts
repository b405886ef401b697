import { TransportError, type TransportErrorCode } from '../../src/core/transport.js';
import { SqsError } from './api.js';

export function notSent(code: TransportErrorCode, message: string, cause?: unknown): TransportError {
  return new TransportError(code, message, { sent: 'no', ...(cause === undefined ? {} : { cause }) });
}

/** A set-up that waiting does not mend. */
export function setupError(message: string, cause?: unknown): TransportError {
  return notSent('setup', message, cause);
}

export function closedError(sent: 'no' | 'maybe' = 'no'): TransportError {
  return new TransportError('closed', 'expected an open transport, got one that was closed', { sent });
}

/** A call that failed, to somebody who knows of transports only. Nothing of theirs was sent by it. */
export function transportErrorOf(error: SqsError): TransportError {
  if (error.kind === 'denied' || error.kind === 'refused' || error.kind === 'conflict') {
    return setupError(error.message, error);
  }
  return notSent(error.kind === 'no_queue' ? 'unroutable' : 'unavailable', error.message, error);
}

/** The same failure for one more caller: an Error object is never shared. */
export function copyOf(error: unknown): TransportError {
  if (error instanceof SqsError) return transportErrorOf(error);
  if (!(error instanceof TransportError)) {
    return notSent('unavailable', error instanceof Error ? error.message : String(error), error);
  }
  return new TransportError(error.code, error.message, { sent: error.sent, cause: error.cause ?? error });
}
