import { brokerTextOf, differingArgument, messageOf, replyCodeOf, replyCodes, setupError } from './errors.js';

/** Why something is not declared, where it is not for want of a right. */
export function declarationRefused(label: string, error: unknown): Error {
  const code = replyCodeOf(error);
  const argument = differingArgument(error);
  if (argument !== undefined) {
    return setupError(
      `expected ${label} not to exist yet, or as Samovar declares it, got another ${argument}: ${brokerTextOf(error)}. Delete it, or use another name`,
      error,
    );
  }
  if (code === replyCodes.preconditionFailed || code === replyCodes.resourceLocked) {
    return setupError(
      `expected to declare ${label}, got: ${brokerTextOf(error)}. Delete it, or use another name`,
      error,
    );
  }
  if (code === undefined && !(error instanceof Error && /Channel (ended|closed)/.test(error.message))) {
    return setupError(`expected ${label} to be a name of at most 255 bytes, got: ${messageOf(error)}`, error);
  }
  return error instanceof Error ? error : new Error(messageOf(error));
}
