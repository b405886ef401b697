import type { Call } from '../core/call.js';
import { RpcError } from '../core/errors.js';

/** What a request hears of a store that failed before it started: nothing ran, and the store may come back. */
export function storeError(call: Call, error: unknown): unknown {
  if (error instanceof RpcError || error === call.cancelReason) return error;
  return new RpcError('unavailable', 'a store of the worker failed', {
    id: call.id,
    outcome: 'not_executed',
    cause: error,
  });
}
