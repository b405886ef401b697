import { TransportError, type TransportErrorCode } from '../../src/core/transport.js';

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
