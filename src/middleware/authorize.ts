import { abortable } from '../core/abort.js';
import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { RpcError } from '../core/errors.js';
import type { Layer } from '../core/pipeline.js';

export interface AuthorizationRequest {
  /** As the broker vouches for it; absent where it does not. */
  readonly caller?: string;
  readonly action: string;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a caller may have an action done. Only `true` lets it in. */
export type Authorize = (request: AuthorizationRequest) => boolean | Promise<boolean>;

export function authorization(authorize: Authorize): Layer<Call, Result> {
  return (next) => async (call) => {
    const { action, address, caller, message } = call;
    const asked = authorize({ action, address, headers: message.headers, ...(caller !== undefined && { caller }) });
    const isAllowed: unknown =
      typeof asked === 'boolean' ? asked : await abortable(Promise.resolve(asked), call.signal);
    if (isAllowed !== true) {
      throw new RpcError('forbidden', `this caller may not have ${action} done here; ask the worker's operator`, {
        id: call.id,
      });
    }
    return next(call);
  };
}
