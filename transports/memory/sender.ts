import { TransportError, type Message, type SendOptions, type Transport } from '../../src/core/transport.js';
import type { BrokerCore } from './broker-core.js';
import type { Connection, ConnectionPart } from './connection.js';
import { frozenCopy, tooLarge } from './message.js';

export interface Sender extends ConnectionPart {
  readonly send: Transport['send'];
  /** Sends that wait for the connection. */
  waiting(): number;
}

interface WaitingSend {
  write(): Promise<void>;
  settle(result: Promise<void>): void;
}

const handedOver = Promise.resolve();

export function createSender(broker: BrokerCore, connection: Connection, user: string | undefined): Sender {
  const { clock, fate, maxWaitingSends, traits } = broker.settings;
  const waiting = new Set<WaitingSend>();
  /** Written, and not confirmed: only the end of the connection ends them. */
  const unconfirmed = new Set<(error: TransportError) => void>();

  function send(address: string, message: Message, options: SendOptions = {}): Promise<void> {
    if (connection.status() === 'closed') return Promise.reject(closed());
    const refusal = tooLarge(message.body, traits.maxBodyBytes);
    if (refusal) return Promise.reject(refusal);
    if (options.signal?.aborted) return Promise.reject(cancelled(options.signal));
    const copy = frozenCopy(message);
    if (connection.status() === 'ready') return write(address, copy, options);
    return wait(copy, options, () => write(address, copy, options));
  }

  function write(address: string, message: Message, options: SendOptions): Promise<void> {
    if (options.control) {
      broker.control(address, message, user);
      return handedOver;
    }
    if (options.isWanted?.() === false) return Promise.reject(cancelled(undefined));
    const end = fate?.(address, message) ?? 'arrives';
    if (end === 'lost') return untilCut();
    const refusal = broker.accept(address, message, { sender: user, requireWorker: options.requireWorker === true });
    if (end === 'unconfirmed') return untilCut();
    return refusal ? Promise.reject(refusal) : handedOver;
  }

  function untilCut(): Promise<void> {
    return new Promise((_, reject) => unconfirmed.add(reject));
  }

  function wait({ expiresAt }: Message, { signal }: SendOptions, writeNow: () => Promise<void>): Promise<void> {
    if (waiting.size >= maxWaitingSends) return Promise.reject(busy(maxWaitingSends));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => signal && leave(Promise.reject(cancelled(signal)));
      const onExpired = (): void => leave(Promise.reject(late(connection.status())));
      const cancelTimer = expiresAt === undefined ? undefined : clock.after(expiresAt - clock.now(), onExpired);
      function leave(result: Promise<void>): void {
        waiting.delete(send);
        cancelTimer?.();
        signal?.removeEventListener('abort', onAbort);
        result.then(resolve, reject);
      }
      const send: WaitingSend = { write: writeNow, settle: leave };
      waiting.add(send);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    send,
    waiting() {
      return waiting.size;
    },
    up() {
      if (connection.status() !== 'ready') return;
      for (const each of [...waiting]) each.settle(each.write());
    },
    down() {
      for (const reject of unconfirmed) reject(unknown());
      unconfirmed.clear();
    },
    end() {
      for (const each of [...waiting]) each.settle(Promise.reject(closed()));
    },
  };
}

function closed(): TransportError {
  return new TransportError('closed', 'expected an open transport, got one that was closed', { sent: 'no' });
}

function cancelled(signal: AbortSignal | undefined): TransportError {
  return new TransportError('cancelled', 'the send was given up', { sent: 'no', cause: signal?.reason });
}

function busy(most: number): TransportError {
  return new TransportError('busy', `expected at most ${most} sends to wait for the connection: one more`, {
    sent: 'no',
  });
}

function late(status: string): TransportError {
  if (status === 'blocked') {
    return new TransportError('blocked', 'the broker took nothing from senders until the message expired', {
      sent: 'no',
    });
  }
  return new TransportError('unavailable', 'the connection did not come back before the message expired', {
    sent: 'no',
  });
}

function unknown(): TransportError {
  return new TransportError('unavailable', 'the connection was lost before the broker confirmed the message', {
    sent: 'maybe',
  });
}
