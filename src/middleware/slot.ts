import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer } from '../core/pipeline.js';
import { expired } from './expiry.js';

/**
 * Holds a slot while the handler runs, and one of its action's own where `concurrency` is given. A nested request uses
 * the slot of the ancestor that waits for it here, and its action's if that is the same action. The slot is given back
 * at the end of the run, or of the call if it does not come to one (`call.freeSlot`); earlier if the run ignores its
 * signal, or waits for a request that waits for a lock.
 */
export function slot(
  concurrency: number | undefined,
  parts: Pick<WorkerParts, 'slots' | 'inHand' | 'clock'>,
): Layer<Call, Result> {
  const { slots, inHand, clock } = parts;
  const own = concurrency === undefined ? undefined : { free: concurrency };
  const takeBack = (): void => slots.free(own);

  async function take(call: Call): Promise<void> {
    await slots.take(call.address, own, call.signal);
    call.slot = takeBack;
    // Where slots are scarce, none is for those who have given up by now: clocks that differ are not allowed for here,
    // or a worker with too much to do would end up working for nobody.
    if (clock.now() > (call.message.expiresAt ?? Infinity)) throw expired(call, clock);
  }

  return (next) => (call) => {
    if (inHand.ancestorsOf(call).length > 0) return next(call);
    if (!slots.tryTake(own)) return take(call).then(() => next(call));
    call.slot = takeBack;
    return next(call);
  };
}
