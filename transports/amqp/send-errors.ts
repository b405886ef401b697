import { TransportError } from '../../src/core/transport.js';
import { brokerTextOf, closedError, maybeSent, notSent, replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import type { Result } from './outlet.js';
import { isDirectReplyTo } from './reply-address.js';

/** What a send is told of a letter that the broker does not have for certain. */
export function failureOf(
  result: Exclude<Result, { kind: 'confirmed' }>,
  { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
): TransportError {
  const place =
    exchange === ''
      ? JSON.stringify(routingKey)
      : `${JSON.stringify(routingKey)} of exchange ${JSON.stringify(exchange)}`;
  switch (result.kind) {
    case 'returned':
      return notSent('unroutable', `expected a queue behind ${place}, got none`);
    case 'nacked':
      return notSent('rejected', `the broker refused the message for ${place}: its queue is full, or not available`);
    case 'lost':
      // Such a name may be what the broker ended the connection for, and at most once is all it promises: never again.
      if (isDirectReplyTo(routingKey) && !isClosing(result.reason)) {
        return new TransportError('unroutable', `the connection was lost over the direct reply to ${place}`, {
          sent: 'maybe',
          cause: result.reason,
        });
      }
      return lost(result.reason);
  }
}

function isClosing(reason: unknown): boolean {
  return reason instanceof TransportError && reason.code === 'closed';
}

function lost(reason: unknown): TransportError {
  if (isClosing(reason)) return closedError('maybe');
  const text = reason === undefined ? 'the connection was lost' : brokerTextOf(reason);
  return maybeSent(`the broker did not confirm the message: ${text}`, reason);
}

/** On a channel of its own a refusal concerns this one message, which was certainly not kept. */
export function refusalOf(result: Result, exchange: string, link: Link): TransportError | undefined {
  if (result.kind !== 'lost') return undefined;
  const code = replyCodeOf(result.reason);
  if (code === replyCodes.notFound) {
    return notSent(
      'unroutable',
      `expected exchange ${JSON.stringify(exchange)} to exist, got: ${brokerTextOf(result.reason)}`,
      result.reason,
    );
  }
  return explainRefusal(link, { kind: 'publishing', exchange, from: exchange }, result.reason);
}

/** The time of a message was over while it waited to be written. */
export function tooLate(blocked: boolean, trouble: string | undefined): TransportError {
  if (blocked) {
    return notSent('blocked', 'the broker took nothing from senders until the time of the message was over');
  }
  const why = trouble ?? 'connecting, or what was before it, took too long';
  return notSent('unavailable', `the time of the message was over before it could be sent: ${why}`);
}

export function tooMany(maxWaitingSends: number, trouble: string | undefined): TransportError {
  const expected = `expected at most ${maxWaitingSends} sends to wait (maxWaitingSends), got one more`;
  return notSent('busy', `${expected}: ${trouble ?? 'the broker is slow'}`);
}
