import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { InHand } from '../core/in-hand.js';
import type { Layer } from '../core/pipeline.js';
import { expired } from './expiry.js';

/** Watches the time of the calls in hand. */
export interface Deadlines {
  /** The outer bound: covers every wait of a call. Whoever takes the result ends the watch (`call.isTimed`). */
  readonly layer: Layer<Call, Result>;
  /** Called at the start of a run: it ends `timeoutMs` later at the latest. */
  limitRun(call: Call, timeoutMs: number): void;
  /** Ends all watches. */
  close(): void;
}

export function createDeadlines(parts: {
  clock: Clock;
  inHand: InHand;
  /** Sends the reply of a call whose run has not ended. */
  answerEarly(call: Call, error: RpcError): void;
}): Deadlines {
  const { clock, inHand } = parts;
  /**
   * One timer for all, which strikes at the earliest limit that it was set for, and is set again for what is left then:
   * most calls end long before theirs. A timer for each took a tenth of all that a call takes in memory.
   */
  let strikesMs = Infinity;
  let cancelTimer: (() => void) | undefined;

  function watch(limitMs: number): void {
    if (limitMs >= strikesMs) return;
    cancelTimer?.();
    strikesMs = limitMs;
    cancelTimer = clock.after(Math.max(0, limitMs - clock.monotonicMs()), strike);
  }

  function strike(): void {
    // Node's timers strike up to two milliseconds early.
    const dueMs = Math.max(strikesMs, clock.monotonicMs());
    strikesMs = Infinity;
    for (const call of inHand.all()) {
      if (!call.isTimed) continue;
      if (call.limitMs <= dueMs) onTime(call);
      else watch(call.limitMs);
    }
  }

  function onTime(call: Call): void {
    call.isTimed = false;
    if (!call.started) return call.cancel(expired(call, clock));
    const error = new RpcError('deadline_exceeded', 'the time was up while the handler ran', {
      id: call.id,
      outcome: 'unknown',
    });
    if (call.isAnswerable) parts.answerEarly(call, error);
    inHand.cancel(call, error);
  }

  return {
    layer: (next) => (call) => {
      call.isTimed = true;
      watch(call.limitMs);
      return next(call);
    },
    limitRun(call, timeoutMs) {
      call.limitMs = Math.min(call.limitMs, clock.monotonicMs() + timeoutMs);
      watch(call.limitMs);
    },
    close() {
      strikesMs = -Infinity;
      cancelTimer?.();
    },
  };
}
