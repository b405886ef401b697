import { randomUUID } from 'node:crypto';
import amqp, { type ChannelModel, type GetMessage } from 'amqplib';
import type { Logger } from '../../../src/core/log.js';
import type { Delivery, Disposition, Message, TransportError } from '../../../src/core/transport.js';
import { createAmqpTransport, type AmqpTransport, type AmqpTransportOptions } from '../../../transports/amqp/index.js';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.js';
import type { Broker } from '../../support/rabbitmq.js';
import type { SharedBroker } from '../../support/shared-rabbitmq.js';

/** A virtual host of its own, reached through a proxy, with everything a test opens closed in the end. */
export interface Lab {
  readonly url: string;
  readonly virtualHost: string;
  readonly broker: SharedBroker;
  readonly proxy: FaultProxy;
  /** What all transports have logged, as text. */
  readonly logged: readonly string[];
  connect(options?: Partial<AmqpTransportOptions>): AmqpTransport;
  /** A connection of another program, past the proxy. */
  foreigner(): Promise<ChannelModel>;
  /** Takes one message from a queue, waiting for it. */
  take(queue: string): Promise<GetMessage>;
  /** Closes what was opened since the last time. */
  sweep(): Promise<void>;
  end(): Promise<void>;
}

export async function openLab(broker: SharedBroker | Broker): Promise<Lab> {
  const { name: virtualHost, url } = await broker.createVirtualHost();
  const proxy = await startFaultProxy(broker.port);
  const transports: AmqpTransport[] = [];
  const foreigners: ChannelModel[] = [];
  const logged: string[] = [];
  const write = (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`);
  const log: Logger = { debug: write, info: write, warn: write, error: write };

  async function foreigner(): Promise<ChannelModel> {
    const connection = await amqp.connect(url);
    connection.on('error', () => undefined);
    foreigners.push(connection);
    return connection;
  }

  async function sweep(): Promise<void> {
    proxy.heal();
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await Promise.all(foreigners.splice(0).map((connection) => connection.close().catch(() => undefined)));
  }

  return {
    url,
    virtualHost,
    broker,
    proxy,
    logged,
    connect(options = {}) {
      const transport = createAmqpTransport({ url: proxy.through(url), log, ...options });
      transports.push(transport);
      return transport;
    },
    foreigner,
    async take(queue) {
      const connection = await foreigner();
      let taken: GetMessage | false = false;
      await eventually(async () => {
        const channel = await connection.createChannel();
        channel.on('error', () => undefined);
        // The queue may not be there yet, which closes the channel.
        taken = await channel.get(queue, { noAck: true }).catch(() => false as const);
        return taken !== false;
      });
      return taken as unknown as GetMessage;
    },
    sweep,
    async end() {
      await sweep();
      await proxy.close();
      await broker.deleteVirtualHost(virtualHost);
    },
  };
}

export function message(fields: Partial<Message> = {}): Message {
  return { id: randomUUID(), action: 'greet', body: '{}', headers: {}, ...fields };
}

export interface Worker {
  readonly address: string;
  readonly transport: AmqpTransport;
  readonly seen: Delivery[];
}

export async function work(
  transport: AmqpTransport,
  receive: (delivery: Delivery, nth: number) => Disposition | Promise<Disposition> = () => ({ kind: 'ack' }),
  options: { address?: string; actions?: readonly string[]; intake?: number } = {},
): Promise<Worker & { stop(): Promise<void>; lost: Promise<TransportError> }> {
  const { address = `node-${randomUUID()}`, actions = ['greet'], intake = 10 } = options;
  const seen: Delivery[] = [];
  const consumer = await transport.consume(address, { actions, intake }, async (delivery) =>
    receive(delivery, seen.push(delivery)),
  );
  return { address, transport, seen, stop: () => consumer.stop(), lost: consumer.lost };
}

/** The error a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<TransportError> {
  return promise.then(
    () => {
      throw new Error('expected a rejection, got none');
    },
    (error: unknown) => error as TransportError,
  );
}

export interface Gate<T = void> {
  readonly opened: Promise<T>;
  open(value: T): void;
}

export function createGate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

/** Polls; a test's own time limit ends what never becomes true. */
export async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 2));
}
