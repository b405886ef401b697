import { createAmqpTransport, type AmqpTransport, type AmqpTransportOptions } from '../../transports/amqp/index.js';
import { defineHandler } from '../../src/index.js';
import { echo, openStage, type Stage } from '../e2e/stage.js';
import { startFakeAmqpServer, type FakeAmqpServer } from '../support/fake-amqp-server.js';

/** Workers and callers on a broker that says what a test makes it say. */
export interface FakeStage extends Stage {
  readonly broker: FakeAmqpServer;
  /** In the order they were made. */
  readonly transports: readonly AmqpTransport[];
}

export async function openFakeStage(options: Partial<AmqpTransportOptions> = {}): Promise<FakeStage> {
  const broker = await startFakeAmqpServer();
  const transports: AmqpTransport[] = [];
  const stage = await openStage(async () => ({
    connect() {
      const transport = createAmqpTransport({ url: broker.url, ...options });
      transports.push(transport);
      return transport;
    },
    disconnect: () => Promise.resolve(),
    reconnect: () => Promise.resolve(),
    quarantined: () => Promise.resolve([]),
    close: () => broker.close(),
  }));
  return { ...stage, broker, transports };
}

export const answering = defineHandler(echo, { run: ({ word }) => ({ word }) });
