import type { ClientSecrets } from '../secrets/client-secrets.js';
import type { Action } from './action.js';
import type { Clock } from './clock.js';
import { issuesOf, RpcError } from './errors.js';
import type { Logger } from './log.js';
import { invalidReply, parseReply } from './reply.js';

/** A difference of clocks that is worth a line in the log. */
const suspectSkewMs = 2_000;

export interface DecodeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly secrets: ClientSecrets;
}

/**
 * The validated value of a reply; what its schema does not know is dropped.
 * @throws RpcError as the worker sent it, or `invalid_reply`.
 */
export function decodeReply(action: Action, body: string, id: string, parts: DecodeParts): unknown {
  const reply = parseReply(body, id);
  if (!reply.success) throw checkedError(action, reply.error, id, parts);
  const parsed = action.response.safeParse(reply.data, parts.secrets.of(action)?.received);
  if (!parsed.success) throw invalidReply(id, issuesOf(parsed.error));
  return parsed.data;
}

function checkedError(action: Action, error: RpcError, id: string, parts: DecodeParts): RpcError {
  warnOfSkew(action, error, parts);
  const { declared } = error;
  if (!declared) return error;
  const schema = Object.hasOwn(action.errors, declared.name) ? action.errors[declared.name] : action.otherErrors;
  if (!schema) {
    const message = `expected one of the errors that ${action.name} declares, got ${JSON.stringify(declared.name)}`;
    return invalidReply(id, [{ location: ['error', 'name'], message, type: 'invalid_value' }]);
  }
  const parsed = schema.safeParse(declared.data, parts.secrets.of(action)?.received);
  if (!parsed.success) return invalidReply(id, issuesOf(parsed.error));
  const { outcome, message } = error;
  return new RpcError('failed', message, { id, outcome, declared: { name: declared.name, data: parsed.data } });
}

function warnOfSkew(action: Action, error: RpcError, { clock, log }: { clock: Clock; log: Logger }): void {
  const workerTime = error.code === 'deadline_exceeded' ? error.details?.['workerTime'] : undefined;
  if (typeof workerTime !== 'number') return;
  const skewMs = workerTime - clock.now();
  if (Math.abs(skewMs) > suspectSkewMs) {
    log.warn({ id: error.id, action: action.name, skewMs }, 'the clocks of caller and worker seem to differ');
  }
}
