import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { InHand } from '../core/in-hand.js';
import type { Layer } from '../core/pipeline.js';
import { expired } from './expiry.js';

/** Watches the time of the calls in hand. */
export interface Deadlines {
  /** The outer bound: covers every wait of a call. Whoever takes the result ends the watch (`call.disarm`). */
  readonly layer: Layer<Call, Result>;
  /** Called at the start of a run: it ends `timeoutMs` later at the latest. */
  limitRun(call: Call, timeoutMs: number): void;
}

export function createDeadlines(parts: {
  clock: Clock;
  inHand: InHand;
  /** Sends the reply of a call whose run has not ended. */
  answerEarly(call: Call, error: RpcError): void;
}): Deadlines {
  const { clock, inHand } = parts;

  function onTime(call: Call): void {
    if (!call.started) return call.cancel(expired(call, clock));
    const error = new RpcError('deadline_exceeded', 'the time was up while the handler ran', {
      id: call.id,
      outcome: 'unknown',
    });
    if (call.isAnswerable) parts.answerEarly(call, error);
    inHand.cancel(call, error);
  }

  function arm(call: Call, atMs: number): void {
    if (atMs === call.armedMs) return;
    call.disarm?.();
    call.armedMs = atMs;
    call.disarm = clock.after(Math.max(0, atMs - clock.monotonicMs()), () => onTime(call));
  }

  return {
    layer: (next) => (call) => {
      arm(call, call.limitMs);
      return next(call);
    },
    limitRun(call, timeoutMs) {
      call.limitMs = Math.min(call.limitMs, clock.monotonicMs() + timeoutMs);
      arm(call, call.limitMs);
    },
  };
}
