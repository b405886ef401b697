import { redactedText } from '../../core/redact.js';

/** Deeper chains are cut: a cause may lead back to its error. */
const mostCauses = 5;

/**
 * What a log tells of an error: type, message, code, stack and causes. No other property: client libraries hang
 * whole requests on their errors, bodies and credentials included. What looks like a secret in a text is masked: many
 * name the URL that they could not reach, with its password.
 */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: redactedText(error.message),
    ...('code' in error && ['string', 'number'].includes(typeof error.code) ? { code: error.code } : {}),
    stack: redactedText(error.stack ?? ''),
    ...(error.cause === undefined || depth >= mostCauses ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
