import { onAbort } from '../core/abort.js';
import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { RpcError } from '../core/errors.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer, Step } from '../core/pipeline.js';
import type { LockKey } from '../stores/lock.js';
import { storeError } from './store-error.js';

export type LockParts = Pick<WorkerParts, 'locks' | 'room' | 'inHand' | 'clock' | 'observe' | 'lockWaitMs'>;

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
  { locks, room, inHand, clock, observe, lockWaitMs }: LockParts,
): Promise<Result> {
  let isHeld = false;
  let isInRoom = false;
  let disarm: (() => void) | undefined;

  function endWait(): void {
    if (isInRoom) room.leave(keys);
    isInRoom = false;
    disarm?.();
  }

  /** Only those who do wait count, and need a timer. */
  function beginWait(): void {
    // Their parents wait for them: a slot that is held meanwhile may be what the lock's holder waits for.
    for (const ancestor of inHand.ancestorsOf(call)) ancestor.freeSlot();
    try {
      room.enter(keys, call.id);
      isInRoom = true;
      disarm = clock.after(lockWaitMs, () => call.cancel(waitedTooLong(call, lockWaitMs)));
    } catch (error) {
      call.cancel(error as RpcError);
    }
  }

  try {
    call.onWait = beginWait;
    return await locks.hold(keys, call, async ({ signal, fence, check }) => {
      isHeld = true;
      endWait();
      call.fence = fence;
      call.checkLocks = check;
      observe?.('locked', call);
      const off = onAbort(signal, () => inHand.cancel(call, call.lose('lock', signal?.reason)));
      try {
        return await next(call);
      } finally {
        call.checkLocks = undefined;
        off();
      }
    });
  } catch (error) {
    throw isHeld ? error : storeError(call, error);
  } finally {
    endWait();
    if (isHeld) observe?.('unlocked', call);
  }
}

function waitedTooLong(call: Call, lockWaitMs: number): RpcError {
  return new RpcError('busy', `waited ${lockWaitMs} ms for its locks; try again later`, {
    id: call.id,
    outcome: 'not_executed',
  });
}
