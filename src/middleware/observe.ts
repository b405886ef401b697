import type { Call } from '../core/call.js';
import type { Logger } from '../core/log.js';

/** The stages of a request in a worker, in the order in which a successful one passes them. */
export type Stage =
  | 'received'
  | 'parsed'
  | 'validated'
  | 'locked'
  | 'claimed'
  | 'started'
  | 'effect-done'
  | 'recorded'
  | 'unlocked'
  | 'reply-published'
  | 'reply-confirmed'
  | 'settled';

/** What a hook sees of a request. Never a body: hooks write logs and traces. */
export interface CallView {
  readonly id: string;
  readonly action: string;
  readonly address: string;
  readonly caller: string | undefined;
}

export interface ServerHooks {
  /** Called synchronously as a request passes each stage; `stage` is 'settled' once its delivery may be settled. */
  onStage?(stage: Stage, call: CallView): void;
}

/** Tells the hooks; undefined where there are none, so that nothing is called for nothing. */
export type Observe = ((stage: Stage, call: Call) => void) | undefined;

/** A hook that throws is logged, never a reason for a request to fail. */
export function createObserve(hooks: ServerHooks | undefined, log: Logger): Observe {
  if (!hooks?.onStage) return undefined;
  return (stage, call) => {
    try {
      hooks.onStage?.(stage, call);
    } catch (err) {
      log.error({ err, stage, id: call.id }, 'a hook failed');
    }
  };
}
