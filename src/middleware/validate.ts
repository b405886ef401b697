import type { Action } from '../core/action.js';
import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { contractFingerprint } from '../core/contract-fingerprint.js';
import { invalidRequest, issuesOf, RpcError } from '../core/errors.js';
import { refusedSecrets } from '../secrets/refusal.js';
import { contractHeader, isLegalKey, keyHeader } from '../core/headers.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer } from '../core/pipeline.js';

/** Callers with another contract that are remembered as told about, of an action. */
const maxTold = 1_000;

/** Checks the request against its schema. From here on only the parsed request is used. */
export function validate(action: Action, { observe, log }: Pick<WorkerParts, 'observe' | 'log'>): Layer<Call, Result> {
  const ours = contractFingerprint(action);
  const told = new Set<string>();

  /** Another contract than ours may do as well: it is told once of each caller, for whoever looks for a reason. */
  function tell(call: Call, theirs: string): void {
    const mark = `${theirs} ${call.caller ?? ''}`;
    if (told.has(mark) || told.size >= maxTold) return;
    told.add(mark);
    const contract = { caller: theirs, worker: ours };
    log.debug({ action: action.name, caller: call.caller, contract }, 'a caller knows another contract of this action');
  }

  return (next) => (call) => {
    const theirs = call.message.headers[contractHeader];
    const isOther = theirs !== undefined && theirs !== ours && /^[0-9a-f]{12}$/.test(theirs);
    if (isOther) tell(call, theirs);
    const parsed = action.request.safeParse(call.body, call.secrets?.received);
    if (!parsed.success) {
      const refusal = call.secrets && refusedSecrets(call.id, parsed.error);
      if (refusal) throw refusal;
      const { id } = call;
      if (!isOther) throw invalidRequest(id, issuesOf(parsed.error));
      const details = { errors: issuesOf(parsed.error), contract: { caller: theirs, worker: ours } };
      throw new RpcError('invalid_request', 'Request validation failed', { id, details });
    }
    const key = call.message.headers[keyHeader];
    if (key !== undefined && !isLegalKey(key)) {
      throw invalidRequest(call.id, [
        { location: [keyHeader], message: 'expected 1 to 255 printable ASCII characters', type: 'invalid_format' },
      ]);
    }
    call.request = parsed.data;
    observe?.('validated', call);
    return next(call);
  };
}
