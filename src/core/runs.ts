import type { Call } from './call.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { Logger } from './log.js';

/** The runs of one worker, from the handler's start to its end. */
export interface Runs {
  start(call: Call): void;
  end(call: Call): void;
  /** A request whose ancestor runs here needs no slot of its own: the ancestor waits for it in one. */
  hasAncestorOf(call: Call, action?: string): boolean;
  /** Aborts the signal of a call; a run that ignores it for 30 s loses its slot and is reported as stuck. */
  cancel(call: Call, reason: Error): void;
  readonly size: number;
  readonly stuck: number;
  all(): Call[];
}

const graceMs = 30_000;

export function createRuns(parts: { clock: Clock; counters: Counters; log: Logger }): Runs {
  const running = new Map<string, Call>();
  const watches = new Map<Call, () => void>();
  const stuck = new Set<Call>();

  function giveUpOn(call: Call): void {
    stuck.add(call);
    parts.counters.add('stuck');
    parts.log.error({ id: call.id, action: call.action }, 'a handler ignores its signal; its slot is given away');
    call.freeSlot?.();
  }

  return {
    start: (call) => void running.set(call.id, call),
    end(call) {
      if (running.get(call.id) === call) running.delete(call.id);
      if (call.cancelReason === undefined) return;
      watches.get(call)?.();
      watches.delete(call);
      stuck.delete(call);
    },
    hasAncestorOf(call, action) {
      if (call.ancestors.length === 0) return false;
      return call.ancestors.some((id) => {
        const ancestor = running.get(id);
        return ancestor !== undefined && (action === undefined || ancestor.action === action);
      });
    },
    cancel(call, reason) {
      if (call.cancelReason !== undefined) return;
      call.cancel(reason);
      if (running.get(call.id) !== call) return;
      watches.set(
        call,
        parts.clock.after(graceMs, () => giveUpOn(call)),
      );
    },
    get size() {
      return running.size;
    },
    get stuck() {
      return stuck.size;
    },
    all: () => [...running.values()],
  };
}
