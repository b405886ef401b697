import type { Call, Result } from '../core/call.js';
import type { Layer } from '../core/pipeline.js';
import type { Runs } from '../core/runs.js';
import type { Slots } from '../core/slots.js';

/**
 * Holds one of `slots` while the handler runs. A nested request uses the slot of the ancestor that waits for it here;
 * with `action`, of an ancestor of that action.
 */
export function slot(slots: Slots, runs: Runs, action?: string): Layer<Call, Result> {
  return (next) => async (call) => {
    if (runs.hasAncestorOf(call, action)) return next(call);
    if (!slots.tryTake()) await slots.take(call.address, call.signal);
    let isHeld = true;
    const outer = call.freeSlot;
    // A run that ignores its signal loses its slot before it ends.
    call.freeSlot = () => {
      outer?.();
      if (isHeld) slots.free();
      isHeld = false;
    };
    try {
      return await next(call);
    } finally {
      if (isHeld) slots.free();
      isHeld = false;
      call.freeSlot = outer;
    }
  };
}
