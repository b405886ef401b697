import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer } from '../core/pipeline.js';
import { expired } from './expiry.js';

/**
 * Holds a slot while the handler runs, and one of its action's own where `concurrency` is given. A nested request uses
 * the slot of the ancestor that waits for it here, and its action's if that is the same action.
 */
export function slot(
  concurrency: number | undefined,
  parts: Pick<WorkerParts, 'slots' | 'inHand' | 'clock'>,
): Layer<Call, Result> {
  const { slots, inHand, clock } = parts;
  const own = concurrency === undefined ? undefined : { free: concurrency };

  return (next) => async (call) => {
    if (inHand.ancestorsOf(call).length > 0) return next(call);
    if (!slots.tryTake(own)) {
      await slots.take(call.address, own, call.signal);
      // Where slots are scarce, none is for those who have given up by now: clocks that differ are not allowed for here,
      // or a worker with too much to do would end up working for nobody.
      if (clock.now() > (call.message.expiresAt ?? Infinity)) {
        slots.free(own);
        throw expired(call, clock);
      }
    }
    // Given away early if the run ignores its signal, or waits for a request that waits for a lock.
    call.freeSlot = () => {
      call.freeSlot = undefined;
      slots.free(own);
    };
    try {
      return await next(call);
    } finally {
      call.freeSlot?.();
    }
  };
}
