import { again, ack, answerOf, type Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { RpcError } from '../core/errors.js';
import { givenUp, isFinalReply } from '../core/reply.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer, Step } from '../core/pipeline.js';
import type { Running } from '../stores/idempotency.js';
import { storeError } from './store-error.js';

export type ReplayParts = Pick<
  WorkerParts,
  'store' | 'identities' | 'room' | 'inHand' | 'maxStarts' | 'countsAttempts'
>;

/** Answers a request whose key was settled, waits while it runs elsewhere, and decides over one whose run crashed. */
export function replay(parts: ReplayParts): Layer<Call, Result> {
  const { identities, countsAttempts, maxStarts } = parts;
  return (next) => (call) => {
    identities.identify(call);
    if (call.key !== undefined) return replaying(call, call.key, next, parts);
    const { attempt } = call.delivery;
    if (countsAttempts && attempt > Math.max(maxStarts, call.handler.retry?.attempts ?? 5)) {
      return Promise.resolve(setAside(poisoned(call, attempt - 1), call));
    }
    return next(call);
  };
}

async function replaying(call: Call, givenKey: string, next: Step<Call, Result>, parts: ReplayParts): Promise<Result> {
  const { store, room, inHand, identities, maxStarts } = parts;
  let key = givenKey;
  let { redriven } = call.delivery;
  for (;;) {
    call.throwIfCancelled();
    const record = await store.read(key).catch((error: unknown) => {
      throw storeError(call, error);
    });
    if (record.state !== 'none' && !identities.recognise(call, record.fingerprint)) throw keyMismatch(call);
    if (record.state === 'settled') {
      if (redriven === undefined || isFinalReply(record.reply)) return settledBefore(record.reply, call);
      // Whoever redrives it knows what became of it, and wants another run: one, however often it is delivered.
      call.key = key = JSON.stringify([call.key, redriven]);
      redriven = undefined;
      continue;
    }
    if (record.state === 'running') {
      if (inHand.ancestorsOf(call).some((ancestor) => ancestor.key === key)) throw ownKey(call);
      await waitFor(record, call, room);
      continue;
    }
    if (record.state === 'abandoned') {
      call.crashes = record.starts;
      const error = verdictOn(call, maxStarts);
      if (error) {
        const result = setAside(error, call);
        if ((await record.park(result.answer.body)) === 'lost') continue;
        return result;
      }
    }
    const result = await next(call);
    if (result !== again) return result;
  }
}

/**
 * The answer that is on record. What was given up for good is set aside again where its broker brings it back: the worker
 * that recorded that may have died before its copy was in quarantine.
 */
function settledBefore(body: string, call: Call): Result {
  const { redelivered, attempt } = call.delivery;
  const reason = redelivered || attempt > 1 ? givenUp(body) : undefined;
  return { answer: { body }, disposition: reason === undefined ? ack : { kind: 'quarantine', reason } };
}

/** Waits with no lock and no slot, within the call's own deadline. */
async function waitFor(running: Running, call: Call, room: WorkerParts['room']): Promise<void> {
  call.isAttached = true;
  room.enter([], call.id);
  try {
    await running.changed(call.signal);
    call.isAttached = false;
  } finally {
    room.leave([]);
  }
}

/** Why an abandoned request must not be started again, if so. */
function verdictOn(call: Call, maxStarts: number): RpcError | undefined {
  if (call.handler.onCrash === 'park') {
    return new RpcError('crashed', 'the worker crashed while the handler ran; it is not run again', { id: call.id });
  }
  return call.crashes >= maxStarts ? poisoned(call, call.crashes) : undefined;
}

function poisoned(call: Call, starts: number): RpcError {
  return new RpcError('poisoned', `${starts} starts of this request ended with a crash; it is not run again`, {
    id: call.id,
  });
}

function setAside(error: RpcError, call: Call): Required<Result> {
  return { answer: answerOf(error, call.id), disposition: { kind: 'quarantine', reason: error.code } };
}

function keyMismatch(call: Call): RpcError {
  return new RpcError('key_mismatch', 'this idempotency key was used for another request; use a new key', {
    id: call.id,
  });
}

function ownKey(call: Call): RpcError {
  return new RpcError('deadlock', 'a nested request has the idempotency key of the request that waits for it', {
    id: call.id,
  });
}
