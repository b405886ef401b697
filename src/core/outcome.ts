import type { Action, ResponseOf } from './action.js';
import { decodeReply, type DecodeParts } from './decode-reply.js';
import { RpcError } from './errors.js';
import { encodeSuccess, invalidReply, isRecord, parseReply } from './reply.js';
import type { StoredReply } from '../stores/idempotency.js';

/** What became of a call, as far as its worker knows. */
export type CallOutcome<A extends Action = Action> =
  /** It was executed, with this answer. */
  | { readonly state: 'succeeded'; readonly value: ResponseOf<A> }
  /** It ended with this error, whose `outcome` tells about the effect. */
  | { readonly state: 'failed'; readonly error: RpcError }
  /** It is executed now. */
  | { readonly state: 'running' }
  /** It was not executed, and will not be any more. */
  | { readonly state: 'not_executed' }
  /** There is no telling, or not yet. `reason`: why the question has no answer, which says nothing about the call. */
  | { readonly state: 'unknown'; readonly reason?: RpcError };

/** What a worker answers a question: a stored answer, or what it knows without one. */
export type OutcomeReply =
  | { readonly state: 'settled'; readonly reply: StoredReply }
  | { readonly state: 'running' | 'not_executed' | 'unknown' };

/** The text of the reply to a question. */
export function encodeOutcome(outcome: OutcomeReply): string {
  if (outcome.state !== 'settled') return encodeSuccess(outcome, undefined);
  return encodeSuccess({ state: 'settled', answer: JSON.parse(outcome.reply) as unknown }, undefined);
}

/**
 * What the reply to a question says; a stored answer is read as the call's own reply would have been.
 * @throws RpcError of the question itself, or `invalid_reply`.
 */
export function decodeOutcome(action: Action, body: string, id: string, parts: DecodeParts): CallOutcome {
  const reply = parseReply(body, id);
  if (!reply.success) throw reply.error;
  const { state, answer }: Readonly<Record<string, unknown>> = isRecord(reply.data) ? reply.data : {};
  if (state === 'running' || state === 'not_executed' || state === 'unknown') return { state };
  if (state === 'settled' && isRecord(answer)) return settledOutcome(action, answer, id, parts);
  const message = 'expected what became of a call; does a worker of another kind serve the address?';
  throw invalidReply(id, [{ location: ['data', 'state'], message, type: 'invalid_value' }]);
}

function settledOutcome(
  action: Action,
  answer: Readonly<Record<string, unknown>>,
  questionId: string,
  parts: DecodeParts,
): CallOutcome {
  const { error } = answer;
  // Errors that were stored carry the id of their own request.
  const id = isRecord(error) && typeof error['id'] === 'string' ? error['id'] : questionId;
  try {
    return { state: 'succeeded', value: decodeReply(action, JSON.stringify(answer), id, parts) };
  } catch (thrown) {
    if (thrown instanceof RpcError) return { state: 'failed', error: thrown };
    throw thrown;
  }
}
