import { randomUUID } from 'node:crypto';
import amqp from 'amqplib';
import type { QuarantinedMessage, TransportHarness } from '../../src/testing/index.js';
import { createAmqpTransport, type AmqpTransport, type AmqpTransportOptions } from '../../transports/amqp/index.js';
import { headerOf, messageOf, tableOf, type RawMessage } from '../../transports/amqp/wire.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startOwnRabbitmq } from '../support/rabbitmq.js';

/** What the broker takes a delivery away after; its own default is half an hour. */
const brokerAckTimeoutMs = 3_000;

/** The AMQP transport against a RabbitMQ of its own, in real time. */
export async function createAmqpHarness(options: Partial<AmqpTransportOptions> = {}): Promise<TransportHarness> {
  const broker = await startOwnRabbitmq({
    config: { consumer_timeout: brokerAckTimeoutMs },
    advancedConfig: '[{rabbit, [{channel_tick_interval, 256}]}].\n',
  });
  const proxy = await startFaultProxy(broker.port);
  const { name: virtualHost, url } = await broker.createVirtualHost();
  const [ann, bob] = [await broker.createUser({ virtualHost }), await broker.createUser({ virtualHost })];
  const urls = new Map([ann, bob].map((user) => [user.name, user.url]));

  function createTransport(user?: string): AmqpTransport {
    return createAmqpTransport({
      url: proxy.through((user === undefined ? undefined : urls.get(user)) ?? url),
      brokerAckTimeoutMs,
      ...options,
    });
  }

  return {
    name: 'amqp',
    traits: createTransport().traits,
    patienceMs: 10_000,
    users: [ann.name, bob.name],
    async connect({ user } = {}) {
      const transport = createTransport(user);
      await transport.connect();
      return transport;
    },
    freshAddress: () => `node-${randomUUID()}`,
    deadLetters: (address) => deadLetters(url, address),
    cut: async () => proxy.cut(),
    async crashBroker() {
      await broker.kill9();
      await broker.start();
    },
    async destroy() {
      await proxy.close();
      await broker.close();
    },
  };
}

async function deadLetters(url: string, address: string): Promise<readonly QuarantinedMessage[]> {
  const connection = await amqp.connect(url);
  try {
    const channel = await connection.createChannel();
    const found: QuarantinedMessage[] = [];
    for (;;) {
      const raw = await channel.get(`${address}.quarantine`);
      if (raw === false) return found;
      const { properties, content } = raw as RawMessage;
      const reason = headerOf(tableOf(properties.headers), 'samovar-reason');
      const action = typeof properties.type === 'string' ? { action: properties.type } : {};
      const message = messageOf(raw, { ...action, body: content.toString(), newId: randomUUID });
      found.push({ reason: String(reason), message });
    }
  } finally {
    await connection.close();
  }
}
