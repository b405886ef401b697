import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createClient, defineHandler, startServer, type Client } from '../../src/index.js';
import { createSeededRandom } from '../../src/testing/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { echo } from '../e2e/stage.js';
import { countFailedDials } from '../support/failed-dials.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { startOwnRabbitmq } from '../support/rabbitmq.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
const handler = defineHandler(echo, { run: ({ word }) => ({ word }) });

/** A worker and a caller with connections of their own. */
async function openPair(url: string, to: string) {
  const failed = countFailedDials();
  const { log } = failed;
  const [serving, calling] = [createAmqpTransport({ url, log }), createAmqpTransport({ url, log })];
  const server = await startServer({ transport: serving, address: to, handlers: [handler], drainMs: 0 });
  const client = createClient({ transport: calling });
  await client.call(echo, { word: 'before' }, { to });
  return {
    client,
    to,
    isAway: () => [serving, calling].every(({ status }) => status !== 'ready'),
    /** Resolves once `count` more attempts to connect have failed. */
    async failing(count: number) {
      const target = failed.count + count;
      await expect.poll(() => failed.count).toBeGreaterThanOrEqual(target);
    },
    async close() {
      await client.close();
      await server.stop();
      await Promise.all([serving.close(), calling.close()]);
    },
  };
}

/** How long it takes from now until a call is answered; those made too early fail, and are made again. */
async function untilAnswered({ client, to }: { readonly client: Client; readonly to: string }): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const isAnswered = await client.call(echo, { word: 'again' }, { to, timeoutMs: 10_000 }).then(
      () => true,
      () => sleep(5, false),
    );
    if (isAnswered) return performance.now() - startedMs;
  }
}

function report(what: string, tookMs: readonly number[]): number {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? NaN);
  console.log(
    `${sorted.length} recoveries ${what}: ${at(0.5)} ms in the middle, p95 ${at(0.95)} ms, ${at(1)} ms at most`,
  );
  return at(0.95);
}

test(
  'calls work again within two seconds after the port is back, however long it was away',
  { timeout: 120_000 },
  async () => {
    const broker = await sharedRabbitmq();
    const { url, name } = await broker.createVirtualHost();
    onTestFinished(() => broker.deleteVirtualHost(name));
    const random = createSeededRandom(5);
    const tookMs = await Promise.all(
      Array.from({ length: 10 }, async (_, nth) => {
        const proxy = await startFaultProxy(broker.port);
        const pair = await openPair(proxy.through(url), `node-${nth}`);
        try {
          await proxy.down();
          await expect.poll(pair.isAway).toBe(true);
          await pair.failing(random.below(20));
          await proxy.up();
          return await untilAnswered(pair);
        } finally {
          await pair.close();
          await proxy.close();
        }
      }),
    );
    // The gate shares its machine with other tests, and prints what it took; the full run is held to the two seconds.
    expect(report('from a port that was away', tookMs)).toBeLessThan(isFull ? 2_000 : 5_000);
  },
);

// The long form, for `npm run test:full`.
if (isFull)
  test(
    'calls work again within two seconds after a broker that was killed lets clients in, twenty times',
    { timeout: 900_000 },
    async () => {
      const broker = await startOwnRabbitmq();
      try {
        const pair = await openPair(broker.url, 'node-1');
        const random = createSeededRandom(5);
        const tookMs: number[] = [];
        for (let nth = 0; nth < 20; nth++) {
          await broker.kill9();
          await pair.failing(random.below(20));
          const starting = broker.start();
          await portIsBack(broker.port);
          tookMs.push(await untilAnswered(pair));
          await starting;
        }
        await pair.close();
        expect(report('of a broker that was killed', tookMs)).toBeLessThan(2_000);
      } finally {
        await broker.close();
      }
    },
  );

/** Resolves once the broker takes connections and speaks: while it starts, it does not even listen. */
async function portIsBack(port: number): Promise<void> {
  for (;;) {
    const socket = dial(port, '127.0.0.1');
    const isBack = await once(socket, 'connect').then(
      () => true,
      () => sleep(2, false),
    );
    socket.destroy();
    if (isBack) return;
  }
}
