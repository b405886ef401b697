import type { Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { invalidRequest, issuesOf } from '../core/errors.js';
import { refusedSecrets } from '../secrets/refusal.js';
import { isLegalKey, keyHeader } from '../core/headers.js';
import type { Layer } from '../core/pipeline.js';
import type { ObserveStage } from './observe.js';

/** Checks the request against its schema. From here on only the parsed request is used. */
export function validate(observe: ObserveStage): Layer<Call, Result> {
  return (next) => (call) => {
    const parsed = call.handler.action.request.safeParse(call.body, call.secrets?.received);
    if (!parsed.success) {
      const refusal = call.secrets && refusedSecrets(call.id, parsed.error);
      throw refusal ?? invalidRequest(call.id, issuesOf(parsed.error));
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
