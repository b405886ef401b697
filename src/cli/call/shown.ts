import { RpcError } from '../../core/errors.js';
import type { CallOutcome } from '../../core/outcome.js';
import { revealing } from '../../secrets/sealing.js';
import type { CallEnding } from './make-call.js';

/** With `--reveal`, secrets as what they are; they print as `[secret]` without it. */
export function shownEnding(ending: CallEnding, { reveal }: { readonly reveal?: boolean }): CallEnding {
  if (!reveal) return ending;
  if ('data' in ending) return { ...ending, data: revealed(ending.data) };
  return { ...ending, error: revealedError(ending.error) };
}

/** The same of what became of a call. */
export function shownOutcome(outcome: CallOutcome, { reveal }: { readonly reveal?: boolean }): CallOutcome {
  if (!reveal) return outcome;
  if (outcome.state === 'succeeded') return { ...outcome, value: revealed(outcome.value) };
  if (outcome.state !== 'failed') return outcome;
  return { ...outcome, error: revealedError(outcome.error) };
}

function revealedError(error: RpcError): RpcError {
  return error.declared ? withData(error, revealed(error.declared.data)) : error;
}

function revealed(value: unknown): unknown {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value, revealing)) as unknown);
}

function withData(error: RpcError, data: unknown): RpcError {
  const { code, message, outcome, id, declared } = error;
  return new RpcError(code, message, {
    outcome,
    ...(id !== undefined && { id }),
    ...(declared && { declared: { ...declared, data } }),
  });
}
