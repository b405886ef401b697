import { TransportError, type Transport } from '../../src/core/transport.js';
import type { BrokerCore } from './broker-core.js';
import { createConnection } from './connection.js';
import { startConsumer } from './consumer.js';
import { startInbox } from './inbox.js';
import { atLeastOne } from './options.js';
import { createSender } from './sender.js';

export interface MemoryConnectOptions {
  /** Whose connection it is: what the broker vouches for as the sender of its messages. */
  readonly user?: string;
}

/** One connection to a memory broker, with what tests do to it. */
export interface MemoryTransport extends Transport, AsyncDisposable {
  /** Loses the connection: what it held goes back, and it reconnects after `downMs`, by default on the next turn. */
  cut(options?: { readonly downMs?: number }): void;
  /** Ends as a process that is killed: as `close`, but nothing is waited for or told. */
  crash(): void;
  /** Renews no lease and takes nothing, as a process that hangs, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

export function createTransport(
  broker: BrokerCore,
  { user }: MemoryConnectOptions,
  onClosed: () => void,
): { transport: MemoryTransport; follow(): void } {
  const connection = createConnection(broker);
  const sender = createSender(broker, connection, user);
  connection.join(sender, 'sends');

  function end(): void {
    connection.close();
    onClosed();
  }

  async function refuseClosed(): Promise<void> {
    if (connection.status() !== 'closed') return;
    throw new TransportError('closed', 'expected an open transport, got one that was closed', { sent: 'no' });
  }

  const transport: MemoryTransport = {
    name: 'memory',
    traits: broker.settings.traits,
    get status() {
      return connection.status();
    },
    send: sender.send,
    async consume(address, options, receive) {
      await refuseClosed();
      atLeastOne('intake', options.intake);
      return startConsumer({ broker, connection, address, options, receive });
    },
    async openInbox(on) {
      await refuseClosed();
      return startInbox(broker, connection, on);
    },
    health: () => ({
      status: connection.status(),
      since: connection.since(),
      reconnects: connection.reconnects(),
      ...reasonOf(connection.status()),
      counters: { ...broker.counters, waiting_sends: sender.waiting() },
    }),
    async close() {
      end();
    },
    async [Symbol.asyncDispose]() {
      end();
    },
    cut: ({ downMs = 0 } = {}) => connection.cut(downMs),
    crash: end,
    freeze: () => connection.freeze(),
    thaw: () => connection.thaw(),
  };
  return { transport, follow: () => connection.follow() };
}

function reasonOf(status: Transport['status']): { reason?: string } {
  if (status === 'connecting') return { reason: 'the connection to the broker is down' };
  return status === 'blocked' ? { reason: 'the broker takes nothing from senders' } : {};
}
