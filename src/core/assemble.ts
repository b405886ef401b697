import { authorization } from '../middleware/authorize.js';
import { claim } from '../middleware/claim.js';
import { coalesce } from '../middleware/coalesce.js';
import { execute } from '../middleware/execute.js';
import { expiry } from '../middleware/expiry.js';
import { lock } from '../middleware/lock.js';
import { isQuestion, outcome } from '../middleware/outcome.js';
import { replay } from '../middleware/replay.js';
import { secrets } from '../middleware/secrets.js';
import { slot } from '../middleware/slot.js';
import { validate } from '../middleware/validate.js';
import { hasSecrets } from '../secrets/survey.js';
import type { Result } from './answer.js';
import type { Call } from './call.js';
import type { Handler } from './handler.js';
import type { WorkerParts } from './parts.js';
import { compose, type Layer, type Step } from './pipeline.js';

/**
 * The way of a request through one handler, composed once at start-up. The order is the design: see the README's
 * "The way of a request". Steps that a handler does not need are left out.
 */
export function assemble(handler: Handler, parts: WorkerParts): Step<Call, Result> {
  const { authorize, clock } = parts;
  const entrance = [expiry(clock), parts.deadlines.layer, authorize && authorization(authorize)];
  const layers: (Layer<Call, Result> | undefined)[] = [
    ...entrance,
    parts.secrets && hasSecrets(handler.action) ? secrets(handler.action, parts.secrets) : undefined,
    validate(handler.action, parts),
    replay(parts),
    handler.coalesce && coalesce(handler.coalesce, parts),
    handler.locks && lock(handler.locks, parts),
    slot(handler.concurrency, parts),
    claim(parts),
    expiry(clock),
  ];
  const running = compose(layers.filter(isThere), execute(handler, parts));
  const asking = compose(entrance.filter(isThere), outcome(handler, parts));
  return (call) => (isQuestion(call) ? asking(call) : running(call));
}

function isThere<T>(layer: T | undefined): layer is T {
  return layer !== undefined;
}
