import type { z } from 'zod';
import { backoffMs } from './backoff.js';
import { ack, answerOf, giveBack, type Result } from './answer.js';
import { Draining, type Call } from './call.js';
import { isOutcomeGiven, issuesOf, RpcError } from './errors.js';
import { Failed, RetryLater, type RetryOptions } from './handler.js';
import { bytesOf } from './json.js';
import type { Logger } from './log.js';
import type { Random } from './random.js';
import { encodeFailure, encodeSuccess, Replied } from './reply.js';

/** When a one-way request that met a full or failing runtime comes again: long enough to leave the intake meanwhile. */
const oneWayRetry = { firstDelayMs: 15_000, maxDelayMs: 60_000 };

/** Turns what a handler returned or threw, and what the runtime refused, into answers and dispositions. */
export interface Results {
  ofValue(call: Call, value: unknown): Result;
  ofThrown(call: Call, thrown: unknown): Result;
}

export function createResults(parts: {
  log: Logger;
  random: Random;
  monotonicMs(): number;
  maxBodyBytes: number;
}): Results {
  const { log, random } = parts;

  function internal(call: Call, cause: unknown): RpcError {
    const outcome = call.mayHaveStarted ? 'unknown' : 'not_executed';
    const who = call.started ? 'the handler' : 'the worker';
    log.error({ err: toldOf(call, cause), id: call.id, action: call.action }, `${who} failed`);
    return new RpcError('internal', `${who} failed; its log tells why under id ${call.id}`, { outcome });
  }

  /** A response that the schema refuses is the handler's mistake: it ran, and the value stays here. */
  function wrongResponse(call: Call, cause: unknown): RpcError {
    log.error({ err: toldOf(call, cause), id: call.id, action: call.action }, 'the handler returned a wrong response');
    return new RpcError(
      'internal',
      `the handler gave a wrong response; the worker's log tells more under id ${call.id}`,
      {
        outcome: 'executed',
      },
    );
  }

  /** Nobody waits for a reply: the request is tried again, then set aside. */
  function retryOneWay(call: Call, error: RpcError): Result {
    const { retry, onCrash } = call.handler;
    const isLast = call.delivery.attempt >= (retry?.attempts ?? 5) || (onCrash === 'park' && call.started);
    const answer = answerOf(error, call.id);
    if (isLast) return { answer, disposition: { kind: 'quarantine', reason: error.code } };
    return { disposition: { kind: 'retry', afterMs: retryDelayMs(call, retry) } };
  }

  function retryDelayMs(call: Call, retry: RetryOptions = {}): number {
    const { firstDelayMs = 1_000, factor = 3 } = retry;
    return backoffMs(call.delivery.attempt, { firstDelayMs, factor, maxDelayMs: 1_800_000 }, random);
  }

  function ofFailed(call: Call, thrown: Failed): Result {
    const { errors, name } = call.handler.action;
    const schema = Object.hasOwn(errors, thrown.errorName) ? errors[thrown.errorName] : undefined;
    if (!schema)
      return unexpected(call, internal(call, new TypeError(`${name} declares no error ${thrown.errorName}`)));
    const parsed = parse(schema, thrown.data);
    if (!parsed.success) return unexpected(call, wrongResponse(call, parsed.error));
    const declared = { name: thrown.errorName, data: parsed.data };
    const error = new RpcError('failed', `failed: ${thrown.errorName}`, { outcome: 'executed', declared });
    return answered(call, () => encodeFailure(error, call.id, call.secrets?.seal), error);
  }

  function ofRetryLater(call: Call, { afterMs }: RetryLater): Result {
    const { retry } = call.handler;
    const delayMs = afterMs ?? retryDelayMs(call, retry);
    const isOver = call.delivery.attempt >= (retry?.attempts ?? 5);
    if (!call.isAnswerable && isOver) {
      return { disposition: { kind: 'quarantine', reason: 'the handler asked for more retries than it has attempts' } };
    }
    if (isOver || parts.monotonicMs() + delayMs >= call.deadlineMs) {
      const error = new RpcError('busy', 'the handler asked to be tried later than its attempts or the deadline allow');
      return { answer: answerOf(error, call.id), disposition: ack };
    }
    return { disposition: { kind: 'retry', afterMs: delayMs } };
  }

  /** A failure that the handler did not declare. */
  function unexpected(call: Call, error: RpcError): Result {
    if (!call.isAnswerable) return retryOneWay(call, error);
    return { answer: answerOf(error, call.id), disposition: ack };
  }

  function answered(call: Call, encode: () => string, error?: RpcError): Result {
    let body: string;
    try {
      body = encode();
    } catch (cause) {
      return unexpected(call, wrongResponse(call, cause));
    }
    if (body.length * 3 > parts.maxBodyBytes && bytesOf(body) > parts.maxBodyBytes) {
      return unexpected(call, wrongResponse(call, new RangeError(`expected at most ${parts.maxBodyBytes} bytes`)));
    }
    return { answer: error ? { body, error } : { body }, disposition: ack };
  }

  /** The runtime refused it. One-way requests that only met a bad moment are kept for a better one. */
  function refused(call: Call, error: RpcError): Result {
    const { code } = error;
    if (!call.isAnswerable && (code === 'busy' || code === 'unavailable')) {
      return { disposition: { kind: 'retry', afterMs: laterMs(call), uncounted: true } };
    }
    return { answer: answerOf(truthful(call, error), call.id), disposition: ack };
  }

  /** What refuses a request looks at this try; an earlier one may have had the effect. */
  function truthful(call: Call, error: RpcError): RpcError {
    if (error.outcome !== 'not_executed' || !call.mayHaveStarted || !isOutcomeGiven(error.code)) return error;
    const { details, cause } = error;
    return new RpcError(error.code, error.message, { outcome: 'unknown', ...(details && { details }), cause });
  }

  function laterMs(call: Call): number {
    const delayMs = 10_000 + backoffMs(1, oneWayRetry, random);
    if (call.limitMs === Infinity) return delayMs;
    return Math.max(0, Math.min(delayMs, (call.limitMs - parts.monotonicMs()) / 2));
  }

  /** This worker stops: another one may have it, unless it ran here and may run only once. */
  function stopped(call: Call): Result {
    if (!call.started || call.handler.onCrash !== 'park') return { disposition: giveBack };
    const error = new RpcError('crashed', 'the worker stopped before the handler ended');
    return { answer: answerOf(error, call.id), disposition: { kind: 'quarantine', reason: error.code } };
  }

  return {
    ofValue(call, returned) {
      if (call.lost) return unexpected(call, call.lost);
      const isReplied = returned instanceof Replied;
      const value: unknown = isReplied ? returned.value : returned;
      const parsed = parse(call.handler.action.response, value);
      if (!parsed.success) return unexpected(call, wrongResponse(call, parsed.error));
      return answered(call, () =>
        encodeSuccess(parsed.data, isReplied ? returned.message : undefined, call.secrets?.seal),
      );
    },
    ofThrown(call, thrown) {
      // It ended by itself, even if it had been told to stop.
      if (thrown instanceof Failed && call.started && !call.lost) return ofFailed(call, thrown);
      if (thrown instanceof Draining || call.cancelReason instanceof Draining) return stopped(call);
      // It was told to stop, and did: its caller hears why, not what it threw on the way out.
      if (call.cancelReason instanceof RpcError && call.started) return unexpected(call, call.cancelReason);
      if (thrown instanceof RetryLater) return ofRetryLater(call, thrown);
      if (thrown instanceof RpcError && !call.started) return refused(call, thrown);
      return unexpected(call, internal(call, thrown));
    },
  };
}

/** What a log may tell: a handler may put what it was given into its messages. */
function toldOf({ secrets }: Call, cause: unknown): unknown {
  return secrets ? secrets.redacted(cause) : cause;
}

/** A schema whose own checks throw refuses the value, too. What goes to the log are issues, which hold no values. */
function parse(
  schema: z.ZodType,
  value: unknown,
): { success: true; data: unknown } | { success: false; error: unknown } {
  try {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { success: true, data: parsed.data };
    return { success: false, error: new TypeError(JSON.stringify(issuesOf(parsed.error))) };
  } catch (error) {
    return { success: false, error };
  }
}
