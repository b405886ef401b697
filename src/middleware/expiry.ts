import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { Layer } from '../core/pipeline.js';

/** Refuses what came too late: nothing starts after its deadline. Stands before the wait for locks, and again after it. */
export function expiry(clock: Clock): Layer<Call, Result> {
  return (next) => (call) => {
    call.checkLocks?.();
    call.throwIfCancelled();
    if (clock.monotonicMs() >= call.limitMs) throw expired(call, clock);
    return next(call);
  };
}

/** For a call that has not started: its worker's own time tells a caller with another clock what went wrong. */
export function expired(call: Call, clock: Clock): RpcError {
  const deadline = call.message.expiresAt;
  return new RpcError('deadline_exceeded', 'the deadline passed before the handler could start', {
    id: call.id,
    outcome: call.mayHaveStarted ? 'unknown' : 'not_executed',
    details: { workerTime: clock.now(), ...(deadline !== undefined && { deadline }) },
  });
}
