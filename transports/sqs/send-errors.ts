import { TransportError } from '../../src/core/transport.js';
import type { SqsError } from './api.js';
import { notSent } from './errors.js';
import type { Parcel } from './parcel.js';

/** What the sender of a message that was not accepted is told. 'maybe': an earlier try may have arrived. */
export type Sent = 'no' | 'maybe';

export function unroutable({ address, queue }: Parcel, sent: Sent): TransportError {
  const message = `expected queue ${JSON.stringify(queue)} to exist, got none: nobody has consumed ${JSON.stringify(address)}`;
  return new TransportError('unroutable', message, { sent });
}

export function late(sent: Sent, cause: SqsError | undefined): TransportError {
  const why = cause ? `: ${cause.message}` : '';
  return new TransportError('unavailable', `SQS did not take the message before it expired${why}`, { sent, cause });
}

/** Later, SQS would take another copy of it for another message. */
export function uncertain(cause: SqsError): TransportError {
  const message = `nobody knows whether SQS has the message: ${cause.message}`;
  return new TransportError('unavailable', message, { sent: 'maybe', cause });
}

export function cancelled(sent: Sent, signal: AbortSignal | undefined): TransportError {
  const message = sent === 'no' ? 'the send was cancelled before it was written' : 'the send was cancelled';
  return new TransportError('cancelled', message, { sent, cause: signal?.reason });
}

export function tooMany(most: number): TransportError {
  return notSent('busy', `expected at most ${most} sends to wait for SQS: one more`);
}

/** SQS will not take it, however often it is tried. */
export function refusal(error: SqsError, { queue }: Parcel, sent: Sent): TransportError {
  if (error.kind === 'denied') {
    const message = `expected to be allowed to send to queue ${JSON.stringify(queue)}, got: ${error.message}`;
    return new TransportError('setup', message, { sent, cause: error });
  }
  const isTooLong = /shorter than|too ?long|longer than|must be less than/i.test(error.message);
  return new TransportError(isTooLong ? 'too_large' : 'rejected', error.message, { sent, cause: error });
}
