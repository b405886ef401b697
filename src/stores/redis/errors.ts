import { RpcError } from '../../core/errors.js';

export function unavailable(message: string, cause?: unknown): RpcError {
  return new RpcError('unavailable', message, { outcome: 'not_executed', cause });
}

export function closedError(): RpcError {
  return unavailable('expected an open Redis store, got one that was closed');
}
