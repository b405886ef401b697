import { TransportError, type ConsumeOptions, type Consumer } from '../../src/core/transport.js';
import type { Disposition, Receive } from '../../src/core/transport.js';
import type { BrokerCore } from './broker-core.js';
import type { Connection, ConnectionPart } from './connection.js';
import type { Held, Holder } from './held.js';
import type { MemoryQueue } from './queue.js';
import { createRenewal } from './renewal.js';

const failedReceive: Disposition = { kind: 'retry', afterMs: 1_000 };

export interface ConsumerParts {
  readonly broker: BrokerCore;
  readonly connection: Connection;
  readonly address: string;
  readonly options: ConsumeOptions;
  readonly receive: Receive;
}

/** Takes deliveries from an address, keeps their leases alive while they run, and settles each as its run says. */
export function startConsumer({ broker, connection, address, options, receive }: ConsumerParts): Promise<Consumer> {
  const { clock, leaseMs } = broker.settings;
  let queue: MemoryQueue | undefined;
  let stopped = false;

  const holder: Holder = {
    holding: 0,
    isFree() {
      return holder.holding < options.intake && !connection.frozen();
    },
    take(held) {
      renewal.start();
      const from = queue;
      const settle = (disposition: Disposition): void => {
        from?.settle(held, disposition);
        if (stopped) leaveWhenEmpty();
      };
      const fail = (): void => settle(failedReceive);
      runOf(receive, held).then(settle, fail);
    },
    control: (message, sender) => options.control?.(message, sender),
  };

  const renewal = createRenewal(clock, leaseMs / 3, () => {
    if (holder.holding === 0) return 'rest';
    if (!connection.frozen()) queue?.renew(holder);
    return 'again';
  });

  function leaveWhenEmpty(): void {
    if (holder.holding > 0) return;
    part.down();
    connection.leave(part);
  }

  const consumer: Consumer = {
    stop() {
      stopped = true;
      queue?.detach(holder);
      leaveWhenEmpty();
      return Promise.resolve();
    },
    // Nothing ends consuming here but stopping it or closing the transport.
    lost: new Promise<TransportError>(() => undefined),
  };

  let started: (consumer: Consumer) => void;
  let refused: (error: TransportError) => void;
  const part: ConnectionPart = {
    up() {
      if (stopped) return;
      queue = broker.declare(address, options.actions);
      queue.attach(holder);
      started(consumer);
    },
    down() {
      queue?.abandon(holder);
      renewal.stop();
    },
    thaw: () => queue?.wake(),
    end: () => refused(new TransportError('closed', 'the transport was closed before it consumed', { sent: 'no' })),
  };
  return new Promise((resolve, reject) => {
    started = resolve;
    refused = reject;
    connection.join(part, 'receives');
  });
}

function runOf(receive: Receive, held: Held): Promise<Disposition> {
  try {
    return receive(held.delivery);
  } catch {
    return Promise.resolve(failedReceive);
  }
}
