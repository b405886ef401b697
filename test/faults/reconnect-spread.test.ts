import { expect, test } from 'vitest';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { countFailedDials } from '../support/failed-dials.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

const count = 100;

/** Connections that come in, for each tenth of a second from now on. */
function countDials(proxy: FaultProxy): { stop(): readonly number[] } {
  const startedMs = performance.now();
  const [before, dials] = [proxy.accepted, [] as number[]];
  let known = before;
  const looking = setInterval(() => {
    const tenth = Math.floor((performance.now() - startedMs) / 100);
    while (dials.length <= tenth) dials.push(0);
    dials[tenth] = (dials[tenth] ?? 0) + proxy.accepted - known;
    known = proxy.accepted;
  }, 5);
  return {
    stop() {
      clearInterval(looking);
      return dials;
    },
  };
}

test.each([
  // Everybody has tried several times by then, and waits for as long as they ever do.
  ['when the port is back', async (proxy: FaultProxy) => proxy.down(), 5, 0.4],
  // The first try comes soon, within 200 ms.
  ['when all are cut off', async (proxy: FaultProxy) => proxy.reset(), 0, 0.75],
] as const)(
  `${count} callers at once come back one after the other, and not again and again, %s`,
  { timeout: 120_000 },
  async (_when, breakIt, failedBefore, mostAtOnce) => {
    const broker = await sharedRabbitmq();
    const { url, name } = await broker.createVirtualHost();
    const proxy = await startFaultProxy(broker.port);
    const failed = Array.from({ length: count }, countFailedDials);
    const transports = failed.map(({ log }) => createAmqpTransport({ url: proxy.through(url), log }));
    try {
      await Promise.all(
        transports.map((transport) => transport.openInbox({ receive: () => undefined, lost: () => undefined })),
      );
      const open = proxy.open;
      const isBack = () => transports.every(({ status }) => status === 'ready');
      const reconnects = () => transports.reduce((sum, transport) => sum + transport.health().reconnects, 0);
      await breakIt(proxy);
      await expect.poll(() => transports.filter(({ status }) => status === 'ready').length).toBe(0);
      await expect.poll(() => Math.min(...failed.map((dials) => dials.count))).toBeGreaterThanOrEqual(failedBefore);
      const dials = countDials(proxy);
      await proxy.up();
      await expect.poll(isBack, { timeout: 60_000 }).toBe(true);
      const perTenth = dials.stop();
      const all = perTenth.reduce((a, b) => a + b, 0);
      console.log(`${all} dials for ${open} connections of ${count} callers, each 100 ms: ${perTenth.join(' ')}`);
      expect(Math.max(...perTenth)).toBeLessThan(mostAtOnce * open);
      expect(reconnects()).toBeGreaterThanOrEqual(count);
      // Nobody who is let in tries again.
      expect(all).toBeLessThanOrEqual(open * 1.1);
    } finally {
      await Promise.all(transports.map((transport) => transport.close()));
      await proxy.close();
      await broker.deleteVirtualHost(name);
    }
  },
);
