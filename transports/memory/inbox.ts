import { TransportError, type Disposition, type Inbox, type InboxHandlers } from '../../src/core/transport.js';
import { inboxPrefix, type BrokerCore } from './broker-core.js';
import type { Connection, ConnectionPart } from './connection.js';
import type { Held, Holder } from './held.js';
import type { MemoryQueue } from './queue.js';
import { createRenewal } from './renewal.js';

/** Replies that are being received at once; the rest waits in the broker. */
const inboxIntake = 1_024;
const taken: Disposition = { kind: 'ack' };
const failedReceive: Disposition = { kind: 'retry', afterMs: 1_000 };

/** Opens a queue of this connection's own, which survives a cut of it. */
export function startInbox(broker: BrokerCore, connection: Connection, on: InboxHandlers): Promise<Inbox> {
  const { clock, leaseMs, random } = broker.settings;
  const address = inboxPrefix + random.uuid();
  let queue: MemoryQueue | undefined;
  let epoch = broker.epoch();

  const holder: Holder = {
    holding: 0,
    isFree() {
      return holder.holding < inboxIntake && !connection.frozen();
    },
    take(held) {
      const from = queue;
      const receiving = received(held);
      if ('kind' in receiving) {
        from?.settle(held, receiving);
        return;
      }
      renewal.start();
      void receiving.then((disposition) => from?.settle(held, disposition));
    },
  };

  /** Most replies are taken at once, without a promise. */
  function received(held: Held): Disposition | Promise<Disposition> {
    try {
      const receiving = on.receive(held.delivery.message);
      if (!receiving) return taken;
      return receiving.then(
        () => taken,
        () => failedReceive,
      );
    } catch {
      return failedReceive;
    }
  }

  const renewal = createRenewal(clock, leaseMs / 3, () => {
    if (holder.holding === 0) return 'rest';
    if (!connection.frozen()) queue?.renew(holder);
    return 'again';
  });

  const inbox: Inbox = {
    address,
    close() {
      connection.leave(part);
      part.down();
      broker.remove(address);
      return Promise.resolve();
    },
  };

  let opened: (inbox: Inbox) => void;
  let refused: (error: TransportError) => void;
  const part: ConnectionPart = {
    up() {
      queue = broker.declare(address, undefined);
      queue.attach(holder);
      if (broker.epoch() !== epoch) on.lost();
      epoch = broker.epoch();
      opened(inbox);
    },
    down() {
      queue?.abandon(holder);
      renewal.stop();
    },
    thaw: () => queue?.wake(),
    end() {
      broker.remove(address);
      refused(new TransportError('closed', 'the transport was closed before the inbox was open', { sent: 'no' }));
    },
  };
  return new Promise((resolve, reject) => {
    opened = resolve;
    refused = reject;
    connection.join(part, 'receives');
  });
}
