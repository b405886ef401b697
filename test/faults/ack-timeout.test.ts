import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, defineHandler, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { echo, gate } from '../e2e/stage.js';
import { startOwnRabbitmq, type OwnBroker } from '../support/rabbitmq.js';

let broker: OwnBroker;
beforeAll(async () => {
  // Looks four times in a second, instead of once in a minute, for what was not acked in time.
  const advancedConfig = '[{rabbit, [{consumer_timeout, 1000}, {channel_tick_interval, 256}]}].';
  broker = await startOwnRabbitmq({ advancedConfig });
});
afterAll(() => broker.close());

test('a broker that waits less long for acks than was believed takes the request away: its late ack is dropped, and it runs once and is answered once', async () => {
  const { url } = await broker.createVirtualHost();
  const finish = gate();
  let starts = 0;
  const slow = defineHandler(echo, {
    async run({ word }) {
      starts += 1;
      await finish.opened;
      return { word };
    },
  });
  const [serving, calling] = [createAmqpTransport({ url }), createAmqpTransport({ url })];
  const server = await startServer({ transport: serving, address: 'node-1', handlers: [slow] });
  const client = createClient({ transport: calling });
  try {
    const counters = () => server.health().transport.counters;
    const call = client.call(echo, { word: 'x' }, { to: 'node-1' });
    await expect.poll(() => starts).toBe(1);
    // Taken away, and given again, twice.
    await expect.poll(() => counters()['delivered'], { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
    finish.open();
    expect(await call).toEqual({ word: 'x' });
    expect(await client.call(echo, { word: 'y' }, { to: 'node-1' })).toEqual({ word: 'y' });
    expect(starts).toBe(2);
    expect(server.health().transport).toMatchObject({ status: 'ready', reconnects: 0 });
    expect(counters()['dropped_settles']).toBeGreaterThan(0);
  } finally {
    await client.close();
    await server.stop();
    await Promise.all([serving.close(), calling.close()]);
  }
});
