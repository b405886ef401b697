import { RpcError } from '../../core/errors.js';
import { revealing } from '../../secrets/sealing.js';
import type { CallEnding } from './make-call.js';

/** With `--reveal`, secrets as what they are; they print as `[secret]` without it. */
export function shownEnding(ending: CallEnding, { reveal }: { readonly reveal?: boolean }): CallEnding {
  if (!reveal) return ending;
  if ('data' in ending) return { ...ending, data: revealed(ending.data) };
  const { declared } = ending.error;
  return declared ? { ...ending, error: withData(ending.error, revealed(declared.data)) } : ending;
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
