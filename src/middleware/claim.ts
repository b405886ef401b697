import { backoffMs } from '../core/backoff.js';
import type { Answer, Call, Result } from '../core/call.js';
import { delay, type Clock } from '../core/clock.js';
import type { Logger } from '../core/log.js';
import type { Layer, Step } from '../core/pipeline.js';
import type { Random } from '../core/random.js';
import { ack, answerOf, giveBack } from '../core/result.js';
import type { Runs } from '../core/runs.js';
import type { Claim, IdempotencyStore } from '../stores/idempotency.js';
import type { ObserveStage } from './observe.js';

/** Says that another run has the key: slot and locks are given back, and the call looks at the record again. */
export const again: Result = { disposition: giveBack };

export interface ClaimParts {
  readonly store: IdempotencyStore;
  readonly runs: Runs;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly observe: ObserveStage;
  readonly maxStarts: number;
}

/**
 * Takes the key right before the run, and records the answer right after it. It comes last, so that a crash while
 * waiting for a lock or a slot has not started anything.
 */
export function claim(parts: ClaimParts): Layer<Call, Result> {
  return (next) => (call) => (call.key === undefined ? next(call) : claiming(call, call.key, next, parts));
}

async function claiming(call: Call, key: string, next: Step<Call, Result>, parts: ClaimParts): Promise<Result> {
  const found = await parts.store.claim(key, call.fingerprint, { messageId: call.id });
  if (found.state === 'fresh') return running(call, found, next, parts);
  const mayRunAgain = call.handler.onCrash !== 'park';
  if (found.state !== 'abandoned' || !mayRunAgain || found.starts >= parts.maxStarts) return again;
  const taken = await found.takeOver();
  return taken === 'lost' ? again : running(call, taken, next, parts);
}

async function running(call: Call, held: Claim, next: Step<Call, Result>, parts: ClaimParts): Promise<Result> {
  const { runs, log, observe } = parts;
  const onLost = (): void => runs.cancel(call, call.lose('claim', held.signal?.reason));
  held.signal?.addEventListener('abort', onLost, { once: true });
  observe?.('claimed', call);
  try {
    let result: Result;
    try {
      result = await next(call);
    } catch (error) {
      await release(call, held, log);
      throw error;
    }
    const answer = toRecord(call, result);
    if (!answer) {
      await release(call, held, log);
      return result;
    }
    return (await record(call, held, answer, parts)) ? result : unrecorded(call);
  } finally {
    held.signal?.removeEventListener('abort', onLost);
  }
}

/** What a repeat of this request shall hear; undefined if it shall run again. */
function toRecord(call: Call, { answer, disposition }: Result): Answer | undefined {
  if (disposition.kind === 'retry' || disposition.kind === 'return' || !answer) return undefined;
  const isFinal = !call.lost && (answer.error === undefined || answer.error.code === 'failed');
  // A failure that the handler did not declare is like a crash: the policy decides.
  return isFinal || call.handler.onCrash === 'park' ? answer : undefined;
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
    }
    if (held.signal?.aborted || clock.monotonicMs() >= call.limitMs) return false;
    await delay(clock, backoffMs(attempt, { firstDelayMs: 50, maxDelayMs: 1_000 }, random));
  }
}

function unrecorded(call: Call): Result {
  if (!call.isAnswerable) return { disposition: { kind: 'retry', afterMs: 1_000, uncounted: true } };
  return { answer: answerOf(call.lose('claim', undefined), call.id), disposition: ack };
}

/** A claim that cannot be released lapses with its lease. */
async function release(call: Call, held: Claim, log: Logger): Promise<void> {
  try {
    await held.release();
  } catch (err) {
    log.warn({ err, id: call.id, action: call.action }, 'a claim could not be released; it lapses with its lease');
  }
}
