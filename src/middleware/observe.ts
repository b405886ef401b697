import type { ErrorCode, Outcome } from '../core/errors.js';
import type { Logger } from '../core/log.js';
import type { Disposition } from '../core/transport.js';

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
  | 'reply-confirmed';

/** What a hook sees of a request. Never a body: hooks write logs and traces. */
export interface CallView {
  readonly id: string;
  /** Empty where the request names none. */
  readonly action: string;
  readonly address: string;
  readonly caller: string | undefined;
}

/** How a request ended in this worker. */
export interface Ending {
  /** Why it failed, as its caller is told; undefined for a success, and for what is tried again or was answered before. */
  readonly code: ErrorCode | undefined;
  /** What its caller is told about the effect, with a code. */
  readonly outcome: Outcome | undefined;
  readonly disposition: Disposition['kind'];
  /** From its arrival until its reply was with the broker. */
  readonly tookMs: number;
}

/** Called synchronously; one that throws is logged, never a reason for a request to fail. */
export interface ServerHooks {
  /** As a request passes each stage. One that is refused does not see them all. */
  onStage?(stage: Stage, call: CallView): void;
  /** Once for each request, when its delivery may be settled. */
  onEnd?(call: CallView, ending: Ending): void;
}

/** Tells the hooks; undefined where there are none, so that nothing is made or called for nothing. */
export type Observe<Args extends readonly unknown[]> = ((...args: Args) => void) | undefined;
export type ObserveStage = Observe<[stage: Stage, call: CallView]>;
export type ObserveEnd = Observe<[call: CallView, ending: Ending]>;

/** The hook, made harmless. */
export function guarded<Args extends readonly unknown[]>(hook: Observe<Args>, log: Logger): Observe<Args> {
  if (!hook) return undefined;
  return (...args) => {
    try {
      hook(...args);
    } catch (err) {
      log.error({ err }, 'a hook failed');
    }
  };
}
