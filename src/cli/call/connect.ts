import type { ConnectionSettings } from '../../config/settings.js';
import { abortable } from '../../core/abort.js';
import { RpcError } from '../../core/errors.js';
import { TransportError, type Transport } from '../../core/transport.js';
import { openTransport } from '../open-transport.js';

/** How long a command waits at most for a broker that is not there; nine tenths of its time if that is less. */
const longestWaitMs = 5_000;

export interface ConnectOptions {
  readonly timeoutMs: number;
  readonly inbox: 'durable' | 'exclusive';
  readonly app: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * A transport that is connected.
 * @throws RpcError `unavailable` with the reason as its cause, or `cancelled`: nothing was sent.
 */
export async function connect(connection: ConnectionSettings, options: ConnectOptions): Promise<Transport> {
  const { timeoutMs, inbox, app, signal } = options;
  const waitForBrokerMs = Math.max(1, Math.floor(Math.min(longestWaitMs, timeoutMs * 0.9)));
  const transport: Transport & { connect?(): Promise<void> } = await openTransport(connection, {
    inbox,
    waitForBrokerMs,
    // A worker that may not write to the default exchange answers through that of the request.
    takesEitherRoute: true,
    ...(app !== undefined && { app }),
  });
  try {
    await abortable(Promise.resolve(transport.connect?.()), signal);
    return transport;
  } catch (error) {
    await transport.close();
    if (signal.aborted) {
      throw new RpcError('cancelled', 'interrupted before anything was sent', {
        outcome: 'not_executed',
        cause: error,
      });
    }
    if (!(error instanceof TransportError)) throw error;
    throw new RpcError('unavailable', error.message, { outcome: 'not_executed', cause: error });
  }
}
