import { onAbort } from '../core/abort.js';
import { ack, again, answerOf, isFinal, type Answer, type Result } from '../core/answer.js';
import { backoffMs } from '../core/backoff.js';
import type { Call } from '../core/call.js';
import { delay } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer, Step } from '../core/pipeline.js';
import type { Claim } from '../stores/idempotency.js';
import { storeError } from './store-error.js';

export type ClaimParts = Pick<WorkerParts, 'store' | 'inHand' | 'clock' | 'random' | 'log' | 'observe' | 'maxStarts'>;

/**
 * Takes the key right before the run, and records the answer right after it. It comes last, so that a crash while
 * waiting for a lock or a slot has not started anything.
 */
export function claim(parts: ClaimParts): Layer<Call, Result> {
  return (next) => (call) => (call.key === undefined ? next(call) : claiming(call, call.key, next, parts));
}

async function claiming(call: Call, key: string, next: Step<Call, Result>, parts: ClaimParts): Promise<Result> {
  const held = await take(call, key, parts).catch((error: unknown) => {
    throw storeError(call, error);
  });
  if (held) return running(call, held, next, parts);
  // Who waits for another run holds nothing that this may need.
  call.freeSlot();
  return again;
}

async function take(call: Call, key: string, { store, maxStarts }: ClaimParts): Promise<Claim | undefined> {
  const found = await store.claim(key, call.fingerprint, { messageId: call.id });
  if (found.state === 'fresh') return found;
  if (found.state !== 'abandoned') return undefined;
  call.crashes = found.starts;
  if (call.handler.onCrash === 'park' || found.starts >= maxStarts) return undefined;
  const taken = await found.takeOver();
  return taken === 'lost' ? undefined : taken;
}

async function running(call: Call, held: Claim, next: Step<Call, Result>, parts: ClaimParts): Promise<Result> {
  const { inHand, log, observe } = parts;
  const off = onAbort(held.signal, () => inHand.cancel(call, call.lose('claim', held.signal?.reason)));
  observe?.('claimed', call);
  try {
    const result = await next(call);
    const answer = toRecord(call, result);
    if (!answer) await giveUp(call, held, log);
    else if (!(await record(call, held, answer, parts))) return unrecorded(call);
    return result;
  } catch (error) {
    await giveUp(call, held, log);
    throw error;
  } finally {
    off();
  }
}

/** What a repeat of this request shall hear; undefined if it shall run again. */
function toRecord(call: Call, result: Result): Answer | undefined {
  const { answer, disposition } = result;
  if (disposition.kind === 'retry' || disposition.kind === 'return' || result === again) return undefined;
  // A failure that the handler did not declare is like a crash: the policy decides.
  return (!call.lost && isFinal(result)) || call.handler.onCrash === 'park' ? answer : undefined;
}

/** No reply without a record: a store that is away is asked again for as long as the claim holds. */
async function record(call: Call, held: Claim, { body }: Answer, parts: ClaimParts): Promise<boolean> {
  const { clock, random, log, observe } = parts;
  for (let attempt = 1; ; attempt++) {
    try {
      if ((await held.settle(body)) === 'lost') return false;
      observe?.('recorded', call);
      return true;
    } catch (err) {
      log.warn({ err, id: call.id, action: call.action, attempt }, 'an answer could not be recorded yet');
      const isTooLarge = err instanceof RpcError && err.code === 'too_large';
      if (isTooLarge || held.signal?.aborted || clock.monotonicMs() >= call.limitMs) {
        await held.abandon();
        return false;
      }
    }
    await delay(clock, backoffMs(attempt, { firstDelayMs: 50, maxDelayMs: 1_000 }, random));
  }
}

function unrecorded(call: Call): Result {
  if (!call.isAnswerable) return { disposition: { kind: 'retry', afterMs: 1_000, uncounted: true } };
  return { answer: answerOf(call.lose('claim', undefined), call.id), disposition: ack };
}

/** The next one starts it afresh: a run that ended is no crash, and what counts are crashes in a row. */
async function giveUp(call: Call, held: Claim, log: Logger): Promise<void> {
  try {
    await held.release({ hasStarted: call.started || held.starts > 1 });
  } catch (err) {
    log.warn({ err, id: call.id, action: call.action }, 'a claim could not be released; it lapses with its lease');
    await held.abandon();
  }
}
