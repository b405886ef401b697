import { TransportError, type TransportErrorCode } from '../../src/core/transport.js';

/** Reply codes of AMQP 0-9-1 that are told apart here. */
export const replyCodes = {
  accessRefused: 403,
  notFound: 404,
  resourceLocked: 405,
  preconditionFailed: 406,
  notAllowed: 530,
};

/**
 * 'refused': nothing answers there. 'answered': a broker does, and fails. 'denied': it will not let us in, and
 * waiting alone does not change that.
 */
export type FailureKind = 'refused' | 'answered' | 'denied';

/** The reply code the broker gave with the close that `error` reports. */
export function replyCodeOf(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return code;
  const match = /\b(\d{3}) \([A-Z-]+\) with message "/.exec(messageOf(error));
  return match ? Number(match[1]) : undefined;
}

/** What the broker said, without what the client library puts around it. */
export function brokerTextOf(error: unknown): string {
  const message = messageOf(error);
  // It may end with a full stop; what is said around it has its own.
  return (/with message "([\s\S]*)"$/.exec(message)?.[1] ?? message).replace(/\.$/, '');
}

/** The argument in which something that exists differs from what was declared. */
export function differingArgument(error: unknown): string | undefined {
  return /inequivalent arg '([^']+)'/.exec(messageOf(error))?.[1];
}

export function failureKind(error: unknown): FailureKind {
  const replyCode = replyCodeOf(error);
  if (replyCode === replyCodes.accessRefused || replyCode === replyCodes.notAllowed) return 'denied';
  if (replyCode !== undefined) return 'answered';
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return 'answered';
  return isCertificateCode(code) ? 'denied' : 'refused';
}

/** Codes of Node's TLS for a peer that is not whom we want, or does not speak TLS. */
function isCertificateCode(code: string): boolean {
  return (
    code.startsWith('ERR_TLS') ||
    code.startsWith('ERR_SSL') ||
    code === 'EPROTO' ||
    /^(CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|CRL)/.test(code)
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function notSent(code: TransportErrorCode, message: string, cause?: unknown): TransportError {
  return new TransportError(code, message, { sent: 'no', ...(cause === undefined ? {} : { cause }) });
}

export function maybeSent(message: string, cause?: unknown): TransportError {
  return new TransportError('unavailable', message, { sent: 'maybe', ...(cause === undefined ? {} : { cause }) });
}

export function closedError(sent: 'no' | 'maybe' = 'no'): TransportError {
  return new TransportError('closed', 'expected an open transport, got one that was closed', { sent });
}

/** A set-up that waiting does not mend. */
export function setupError(message: string, cause?: unknown): TransportError {
  return notSent('setup', message, cause);
}

/** The same failure for one more caller: an Error object is never shared. */
export function copyOf(error: unknown): TransportError {
  if (!(error instanceof TransportError)) return notSent('unavailable', messageOf(error), error);
  return new TransportError(error.code, error.message, { sent: error.sent, cause: error.cause ?? error });
}
