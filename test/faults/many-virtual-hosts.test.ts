import { expect, onTestFinished, test } from 'vitest';
import { nap } from '../cli/worker/actions.js';
import { caller } from '../cli/worker/caller.js';
import { configurationFile, openBench } from '../cli/worker/kit.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

const count = process.env['SAMOVAR_TEST_FULL'] === 'true' ? 200 : 40;

test(
  'many virtual hosts of one process are served soon after a start, a restart, and a cut of all their connections at once',
  { timeout: 300_000 },
  async () => {
    const broker = await sharedRabbitmq();
    const all = await Promise.all(Array.from({ length: count }, () => broker.createVirtualHost()));
    const proxy = await startFaultProxy(broker.port);
    onTestFinished(async () => {
      await Promise.all(all.map(({ name }) => broker.deleteVirtualHost(name)));
      await proxy.close();
    });
    const hosts = Object.fromEntries(all.map(({ name }) => [name, { queue: 'node-1' }]));
    const config = await configurationFile({ url: proxy.through(broker.url) }, hosts);
    const bench = await openBench();
    const start = () => bench.worker(['--config', config, '--all-vhosts']);
    const some = all.filter((_, nth) => nth % 10 === 0).map(({ url }) => caller(url));
    const callSome = () => Promise.all(some.map((client) => client.call(nap, {}, { to: 'node-1', timeoutMs: 60_000 })));
    const took: string[] = [];
    async function measure(what: string, task: () => Promise<unknown>): Promise<void> {
      const startedMs = performance.now();
      await task();
      took.push(`${Math.round(performance.now() - startedMs)} ms after ${what}`);
    }

    let worker = await start();
    expect(await worker.waitForLog('ready')).toMatchObject({ serving: { length: count } });
    await callSome();
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    await measure('a start', async () => (worker = await start()));
    await callSome();

    const before = proxy.accepted;
    async function reconnected(): Promise<number | undefined> {
      const [health] = await bench.health();
      return health?.virtualHosts.filter(
        ({ server }) => server?.transport.status === 'ready' && server.transport.reconnects > 0,
      ).length;
    }
    await measure('a cut of all', async () => {
      proxy.reset();
      await expect.poll(reconnected, { timeout: 120_000, interval: 100 }).toBe(count);
    });
    await callSome();
    // Who is let in does not dial again.
    expect(proxy.accepted - before).toBeLessThan(2.5 * count);
    console.log(`${count} virtual hosts are served ${took.join(', ')}`);
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  },
);
