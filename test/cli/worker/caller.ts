import { onTestFinished } from 'vitest';
import { createClient, type Client } from '../../../src/index.js';
import { createAmqpTransport } from '../../../transports/amqp/index.js';

/** A caller with connections of its own, closed with the test. */
export function caller(url: string): Client {
  const transport = createAmqpTransport({ url });
  const client = createClient({ transport });
  onTestFinished(async () => {
    await client.close();
    await transport.close();
  });
  return client;
}
