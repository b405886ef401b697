import type { Call, Result } from '../core/call.js';
import type { Clock } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { Layer, Step } from '../core/pipeline.js';
import type { Runs } from '../core/runs.js';
import type { WaitingRoom } from '../core/waiting-room.js';
import type { LockKey, LockProvider } from '../stores/lock.js';
import type { ObserveStage } from './observe.js';

export interface LockParts {
  readonly locks: LockProvider;
  readonly room: WaitingRoom;
  readonly runs: Runs;
  readonly clock: Clock;
  readonly observe: ObserveStage;
  /** How long a request waits for its locks at most, however long its caller would. */
  readonly lockWaitMs: number;
}

/** Holds what the request touches. A request without lock keys passes by. */
export function lock(keysOf: (request: unknown) => readonly LockKey[], parts: LockParts): Layer<Call, Result> {
  return (next) => (call) => {
    const keys = keysOf(call.request);
    return keys.length === 0 ? next(call) : holding(keys, call, next, parts);
  };
}

async function holding(
  keys: readonly LockKey[],
  call: Call,
  next: Step<Call, Result>,
  { locks, room, runs, clock, observe, lockWaitMs }: LockParts,
): Promise<Result> {
  let isWaiting = true;
  let disarm: (() => void) | undefined;
  let lossSignal: AbortSignal | undefined;
  const onLost = (): void => runs.cancel(call, call.lose('lock', lossSignal?.reason));
  function endWait(): void {
    if (isWaiting) room.leave(keys);
    isWaiting = false;
    disarm?.();
  }

  room.enter(keys, call.id);
  try {
    const held = locks.hold(keys, call, ({ signal, fence }) => {
      endWait();
      call.fence = fence;
      lossSignal = signal;
      signal?.addEventListener('abort', onLost, { once: true });
      observe?.('locked', call);
      return next(call);
    });
    // A free lock is granted at once: only those who do wait need a timer.
    if (isWaiting) disarm = clock.after(lockWaitMs, () => call.cancel(waitedTooLong(call, lockWaitMs)));
    return await held;
  } finally {
    lossSignal?.removeEventListener('abort', onLost);
    if (!isWaiting) observe?.('unlocked', call);
    endWait();
  }
}

function waitedTooLong(call: Call, lockWaitMs: number): RpcError {
  return new RpcError('busy', `waited ${lockWaitMs} ms for its locks; try again later`, {
    id: call.id,
    outcome: 'not_executed',
  });
}
