import { ack, type Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { invalidRequest, RpcError } from '../core/errors.js';
import type { Handler } from '../core/handler.js';
import { askedDeadlineHeader, askHeader, isLegalKey, keyHeader } from '../core/headers.js';
import { bytesOf } from '../core/json.js';
import { encodeOutcome, type OutcomeReply } from '../core/outcome.js';
import type { WorkerParts } from '../core/parts.js';
import type { Step } from '../core/pipeline.js';
import { storeError } from './store-error.js';

export type OutcomeParts = Pick<
  WorkerParts,
  'store' | 'identities' | 'clock' | 'clockSkewMs' | 'maxBodyBytes' | 'counters'
>;

/** A request that asks about another one. Whatever it asks, it is never run. */
export function isQuestion({ message }: Call): boolean {
  return message.headers[askHeader] !== undefined;
}

/** Answers what became of a call, from the store alone: runs nothing, and takes no lock, slot or claim. */
export function outcome(handler: Handler, parts: OutcomeParts): Step<Call, Result> {
  const { store, identities, counters, maxBodyBytes } = parts;
  return async (call) => {
    counters.add('questions');
    if (!call.isAnswerable) return { disposition: ack };
    const key = checkedKey(call);
    // Before the store is read: what is not started by now can then not be started behind the answer's back.
    const isOver = canTellAbsence(handler, parts) && isPast(call, parts);
    const record = await store.read(identities.nameOf(call, key)).catch((error: unknown) => {
      throw storeError(call, error);
    });
    const body = encodeOutcome(replyOf(record, isOver));
    if (bytesOf(body) > maxBodyBytes) {
      const message = 'the answer is too long to be told with what became of the call; repeat the call with its key';
      throw new RpcError('internal', message, { id: call.id, outcome: 'executed' });
    }
    return { answer: { body }, disposition: ack };
  };
}

function checkedKey(call: Call): string {
  const { headers } = call.message;
  if (headers[askHeader] !== 'outcome') {
    const message = `expected "outcome", the one question that this worker knows`;
    throw invalidRequest(call.id, [{ location: [askHeader], message, type: 'invalid_value' }]);
  }
  const key = headers[keyHeader];
  if (key !== undefined && isLegalKey(key)) return key;
  const message = 'expected 1 to 255 printable ASCII characters';
  throw invalidRequest(call.id, [{ location: [keyHeader], message, type: 'invalid_format' }]);
}

function replyOf(record: Awaited<ReturnType<OutcomeParts['store']['read']>>, isOver: boolean): OutcomeReply {
  switch (record.state) {
    case 'settled':
      return { state: 'settled', reply: record.reply };
    case 'running':
      return { state: 'running' };
    case 'abandoned':
      return { state: 'unknown' };
    case 'none':
      return { state: isOver && record.hasStarted !== true ? 'not_executed' : 'unknown' };
  }
}

/**
 * Whether a key without a record was never started. A handler that names keys itself may have recorded the call under
 * another one than its caller knows.
 */
function canTellAbsence({ idempotencyKey }: Handler, { store }: OutcomeParts): boolean {
  return store.durable && store.remembersMs !== undefined && idempotencyKey === undefined;
}

/**
 * Nothing starts any more, at no worker of the address: one may have a clock that is behind the caller's by the
 * tolerated skew, and this one a clock as far ahead of that. And so lately that nothing was forgotten: the call may
 * have ended long before its deadline.
 */
function isPast({ message }: Call, { store, clock, clockSkewMs }: OutcomeParts): boolean {
  const given = message.headers[askedDeadlineHeader] ?? '';
  if (!/^\d{1,16}$/.test(given)) return false;
  const pastMs = clock.now() - Number(given);
  return pastMs > 2 * clockSkewMs && pastMs < (store.remembersMs ?? 0) / 2;
}
