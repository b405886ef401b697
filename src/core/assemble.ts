import { authorization, type Authorize } from '../middleware/authorize.js';
import { claim } from '../middleware/claim.js';
import { coalesce } from '../middleware/coalesce.js';
import type { Deadlines } from '../middleware/deadline.js';
import { execute, type ServerMiddleware } from '../middleware/execute.js';
import { expiry } from '../middleware/expiry.js';
import { lock } from '../middleware/lock.js';
import type { ObserveStage } from '../middleware/observe.js';
import { replay } from '../middleware/replay.js';
import { slot } from '../middleware/slot.js';
import { validate } from '../middleware/validate.js';
import type { IdempotencyStore } from '../stores/idempotency.js';
import type { LockProvider } from '../stores/lock.js';
import type { Call, Result } from './call.js';
import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Handler } from './handler.js';
import type { Identities } from './identity.js';
import type { Logger } from './log.js';
import { compose, type Layer, type Step } from './pipeline.js';
import type { Random } from './random.js';
import type { Results } from './result.js';
import type { Runs } from './runs.js';
import { createSlots, type Slots } from './slots.js';
import type { WaitingRoom } from './waiting-room.js';

export interface AssemblyParts {
  readonly authorize: Authorize | undefined;
  readonly middleware: readonly ServerMiddleware[];
  readonly locks: LockProvider;
  readonly store: IdempotencyStore;
  readonly identities: Identities;
  readonly slots: Slots;
  readonly room: WaitingRoom;
  readonly runs: Runs;
  readonly results: Results;
  readonly deadlines: Deadlines;
  readonly observe: ObserveStage;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly lockWaitMs: number;
  readonly maxStarts: number;
  readonly countsAttempts: boolean;
  client(): Client;
}

/**
 * The way of a request through one handler, composed once at start-up. The order is the design: see the README's
 * "The way of a request". Steps that a handler does not need are left out.
 */
export function assemble(handler: Handler, parts: AssemblyParts): Step<Call, Result> {
  const { authorize, store, room, runs, slots, clock, observe, maxStarts } = parts;
  const { locks, coalesce: coalesceKey, concurrency } = handler;
  const layers: (Layer<Call, Result> | undefined)[] = [
    expiry(clock),
    authorize && authorization(authorize),
    validate(observe),
    parts.deadlines.layer,
    replay({ ...parts, store, identify: (call) => parts.identities.identify(call) }),
    coalesceKey &&
      coalesce(coalesceKey, { room, store, fingerprintOf: (call) => parts.identities.fingerprintOf(call) }),
    locks && lock(locks, parts),
    concurrency === undefined ? undefined : slot(createSlots(concurrency), runs, handler.action.name),
    slot(slots, runs),
    claim({ ...parts, maxStarts }),
    expiry(clock),
  ];
  return compose(
    layers.filter((layer) => layer !== undefined),
    execute(handler, parts),
  );
}
