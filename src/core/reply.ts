import type { Replacer } from '../secrets/sealing.js';
import { acrossCopies } from './copies.js';
import { isErrorCode, RpcError, type ErrorCode, type Issue, type Outcome } from './errors.js';

/** A handler's value together with a sentence of its own. Made by `reply()`. */
export class Replied<T> {
  readonly value: T;
  readonly message: string;

  constructor(value: T, message: string) {
    this.value = value;
    this.message = message;
  }

  static {
    acrossCopies(this, 'Replied');
  }
}

const defaultPrefix = '{"success":true,"message":"Done","data":';

/**
 * The text of a successful reply.
 * @throws TypeError if JSON has no form for the value (a BigInt, a cycle, a function).
 */
export function encodeSuccess(value: unknown, message: string | undefined, replacer?: Replacer): string {
  const data = JSON.stringify(value, replacer) as string | undefined;
  if (data === undefined) throw new TypeError(`expected a value that JSON has a form for, got ${typeof value}`);
  if (message === undefined) return `${defaultPrefix}${data}}`;
  return `{"success":true,"message":${JSON.stringify(message)},"data":${data}}`;
}

/** The text of a failed reply: always `success`, `message` and `data`, as existing callers read them, and `error`. */
export function encodeFailure(error: RpcError, id: string, replacer?: Replacer): string {
  const { code, outcome, retryable, details, declared } = error;
  return JSON.stringify(
    {
      success: false,
      message: error.message,
      data: null,
      error: { code, outcome, retryable, id: error.id ?? id, ...declared, ...(details && { details }) },
    },
    replacer,
  );
}

/** What a reply says, before anybody looked at its data. */
export type ParsedReply =
  { readonly success: true; readonly data: unknown } | { readonly success: false; readonly error: RpcError };

/**
 * Reads a reply of any worker, ours or an existing consumer, which sends neither `error` nor codes.
 * @throws RpcError `invalid_reply` if it is not a reply at all.
 */
export function parseReply(body: string, id: string): ParsedReply {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw invalidReply(id, [{ location: [], message: 'expected JSON', type: 'invalid_json' }]);
  }
  if (!isRecord(parsed) || typeof parsed['success'] !== 'boolean') {
    const message = 'expected an object with a boolean "success"';
    throw invalidReply(id, [{ location: ['success'], message, type: 'invalid_type' }]);
  }
  if (parsed['success']) return { success: true, data: parsed['data'] };
  const message = typeof parsed['message'] === 'string' ? parsed['message'] : 'the worker reported a failure';
  return { success: false, error: errorOf(parsed, message, id) };
}

export function invalidReply(id: string, errors: readonly Issue[]): RpcError {
  return new RpcError('invalid_reply', 'the reply does not fit the response schema of its action', {
    id,
    details: { errors },
  });
}

function errorOf({ error, data }: Readonly<Record<string, unknown>>, message: string, id: string): RpcError {
  if (!isRecord(error) || !isErrorCode(error['code'])) {
    // An existing consumer says in words alone whether it ran the handler, and in its data which fields are wrong.
    const errors = isRecord(data) && Array.isArray(data['errors']) ? data['errors'].filter(isIssue) : [];
    const options = { id, ...(errors.length > 0 && { details: { errors } }) };
    if (/validation failed/i.test(message)) return new RpcError('invalid_request', message, options);
    return new RpcError('failed', message, { ...options, outcome: 'unknown' });
  }
  const code: ErrorCode = error['code'];
  const { outcome, name, details } = error;
  return new RpcError(code, message, {
    id: typeof error['id'] === 'string' ? error['id'] : id,
    outcome: isOutcome(outcome) ? outcome : 'unknown',
    ...(isRecord(details) && { details }),
    ...(code === 'failed' && typeof name === 'string' && { declared: { name, data: error['data'] } }),
  });
}

function isIssue(value: unknown): value is Issue {
  if (!isRecord(value)) return false;
  const { location, message, type } = value;
  const isLocation =
    Array.isArray(location) && location.every((part) => typeof part === 'string' || typeof part === 'number');
  return isLocation && typeof message === 'string' && typeof type === 'string';
}

function isOutcome(value: unknown): value is Outcome {
  return value === 'executed' || value === 'not_executed' || value === 'unknown';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether this stored reply is a value or a declared error: what a repeat shall hear whatever an operator wants. */
export function isFinalReply(body: string): boolean {
  const reply = parseReply(body, '');
  return reply.success || reply.error.code === 'failed';
}

/** Why a request with this stored reply was set aside; undefined for one that was not. */
export function givenUp(body: string): 'crashed' | 'poisoned' | undefined {
  const reply = parseReply(body, '');
  if (reply.success) return undefined;
  const { code } = reply.error;
  return code === 'crashed' || code === 'poisoned' ? code : undefined;
}
