import type { Call } from './call.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import { IdTable } from './id-table.js';
import type { Logger } from './log.js';

/** The calls of one worker, from their arrival until they are settled. */
export interface InHand {
  add(call: Call): void;
  remove(call: Call): void;
  /** One with that message id, the latest unless that has ended: a sender that was cut off may have sent it twice. */
  find(id: string): Call | undefined;
  /** In no order. */
  all(): Call[];
  /** The calls running here that wait for this one. */
  ancestorsOf(call: Call): Call[];
  /** Aborts the signal of a call; a run that ignores it for 30 s loses its slot and is reported as stuck. */
  cancel(call: Call, reason: Error): void;
  /** Leaves no timer behind for what is still in hand. */
  close(): void;
  running(): number;
  stuck(): number;
}

const graceMs = 30_000;
const none: Call[] = [];

export function createInHand(parts: { clock: Clock; counters: Counters; log: Logger }): InHand {
  const calls = new IdTable<Call>();
  const watches = new Map<Call, () => void>();
  const stuck = new Set<Call>();

  function giveUpOn(call: Call): void {
    // It has ended, and is in hand only for its answer, which waits for a store or the broker.
    if (!call.isRunning) return;
    stuck.add(call);
    parts.counters.add('stuck');
    parts.log.error({ id: call.id, action: call.action }, 'a handler ignores its signal; its slot is given away');
    call.freeSlot();
  }

  return {
    add: (call) => calls.add(call),
    remove(call) {
      calls.delete(call);
      if (call.cancelReason === undefined) return;
      watches.get(call)?.();
      watches.delete(call);
      stuck.delete(call);
    },
    find: (id) => calls.find(id),
    all: () => calls.all(),
    ancestorsOf({ ancestors }) {
      if (ancestors.length === 0) return none;
      return ancestors.flatMap((id) => calls.find(id) ?? none).filter(({ isRunning }) => isRunning);
    },
    cancel(call, reason) {
      if (call.cancelReason !== undefined) return;
      call.cancel(reason);
      if (call.isRunning)
        watches.set(
          call,
          parts.clock.after(graceMs, () => giveUpOn(call)),
        );
    },
    close() {
      for (const disarm of watches.values()) disarm();
    },
    running() {
      return calls.all().filter(({ isRunning }) => isRunning).length;
    },
    stuck() {
      return stuck.size;
    },
  };
}
