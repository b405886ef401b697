import { RpcError } from './errors.js';
import { rpcErrorOf } from './outgoing.js';
import { TransportError, type Message, type SendOptions, type Transport } from './transport.js';

/**
 * Sends a request until it is settled whether the broker has it: resolves when it has, or may have and `mayRepeat` is
 * false. A message that may be repeated, because its key or its id makes a second arrival harmless, is sent again
 * under the same id; then there may be two of it, which `call` is told.
 * @throws RpcError with the outcome that all tries together leave.
 */
export function deliver(
  transport: Pick<Transport, 'send'>,
  to: string,
  message: Message,
  options: SendOptions | undefined,
  mayRepeat: boolean,
  call?: { wasRepeated: boolean },
  wasSent = false,
): Promise<void> {
  return sendBy(transport, to, message, options).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw asRpcError(error, message.id);
    const mayHaveArrived = error.code === 'unavailable' && error.sent === 'maybe';
    if (!mayHaveArrived) throw rpcErrorOf(error, message, wasSent);
    if (!mayRepeat) return undefined;
    if (call) call.wasRepeated = true;
    return deliver(transport, to, message, options, mayRepeat, call, true);
  });
}

/** `transport.send`, of which one that throws rejects as well. */
export function sendBy(
  transport: Pick<Transport, 'send'>,
  to: string,
  message: Message,
  options: SendOptions | undefined,
): Promise<void> {
  try {
    return transport.send(to, message, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whatever went wrong on the way out, as the only error a caller sees. */
export function asRpcError(error: unknown, id: string): RpcError {
  if (error instanceof RpcError) return error;
  const outcome = error instanceof TransportError && error.sent === 'no' ? 'not_executed' : 'unknown';
  const message = error instanceof TransportError ? error.message : 'the transport failed';
  return new RpcError('unavailable', message, { id, outcome, cause: error });
}
