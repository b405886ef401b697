import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, test, type ExpectStatic } from 'vitest';
import { RpcError, startServer, type Server } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { work } from '../e2e/workers/actions.js';
import { handleWork } from '../e2e/workers/handle-work.js';
import { openStores } from '../e2e/workers/open-stores.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { openEffects } from '../support/effects.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { readQuarantine } from '../support/quarantine.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { kills } from './kills.js';

/** How soon somebody else may take over what a killed worker held. */
const leaseMs = 1_500;
let broker: SharedBroker;
let redis: TestRedis;
let stores: ReturnType<typeof openStores>;
const namespace = randomUUID();

beforeAll(async () => {
  [broker, redis] = await Promise.all([sharedRabbitmq(), startRedis()]);
  stores = openStores({ url: redis.url, namespace });
});
afterAll(async () => {
  await Promise.all([stores.locks.close(), stores.idempotency.close()]);
  await redis.close();
});

/** A second worker, in this process: the first one's death leaves it nothing but broker and store. */
async function takeOver(scene: Scene, onCrash: 'retry' | 'park', onEnd: () => void): Promise<Server> {
  const transport = createAmqpTransport({ url: scene.virtualHost.url });
  const effects = openEffects(scene.effectsPath);
  const server = await startServer({
    ...{ transport, address: scene.to, ...stores },
    handlers: [handleWork({ effects, onCrash })],
    hooks: { onEnd },
  });
  scene.closing(async () => {
    await server.stop();
    await transport.close();
    effects.close();
  });
  return server;
}

/** Resolves to how many requests are in the queue, once the broker has taken back all that a dead worker held. */
async function leftBehind(scene: Scene, expect: ExpectStatic): Promise<number> {
  const channel = await (await scene.foreigner()).createChannel();
  await expect.poll(async () => (await channel.checkQueue(scene.to)).consumerCount).toBe(0);
  return (await channel.checkQueue(scene.to)).messageCount;
}

describe.concurrent('a worker killed at', () => {
  test.for(kills)('$stage, $asked', { timeout: 120_000 }, async ({ stage, asked, expected }, { expect }) => {
    const scene = await openScene(broker);
    // Keeps the broker's confirm from the worker.
    const proxy = stage === 'reply-published' ? await startFaultProxy(broker.port) : undefined;
    try {
      const subject = `${stage}, ${asked}`;
      const onCrash = asked === 'park' ? 'park' : 'retry';
      const url = proxy?.through(scene.virtualHost.url) ?? scene.virtualHost.url;
      const first = await scene.worker({ url, onCrash, killAt: stage, redis: { url: redis.url, namespace, leaseMs } });
      const client = scene.client();
      await client.call(work, { subject: 'first' }, { to: scene.to });
      // Its ack is with the broker then.
      await first.report();
      proxy?.hold('basic.ack', 'down');
      const key = asked === 'no key' ? {} : { idempotencyKey: subject };
      const call = client
        .call(work, { subject, lock: subject }, { to: scene.to, timeoutMs: 60_000, ...key })
        .then(({ pid }) => (pid === first.pid ? 'first' : 'second'), told);
      if (expected === 'not passed') {
        expect(await call).toBe('first');
        return;
      }
      expect(await first.child.exited).toEqual({ code: null, signal: 'SIGKILL' });
      const { starts, finishes, answer, again } = expected;
      expect(await leftBehind(scene, expect)).toBe(again ? 1 : 0);
      const killedMs = performance.now();
      let ends = 0;
      const second = await takeOver(scene, onCrash, () => (ends += 1));
      expect(await call).toBe(answer === 'crashed' ? 'crashed, unknown' : answer);
      // Within the lease of what the first one held, not at the call's timeout; the machine may be busy.
      expect(performance.now() - killedMs).toBeLessThan(leaseMs + 15_000);
      await expect.poll(() => [ends, second.health().inFlight], { timeout: 30_000 }).toEqual([again ? 1 : 0, 0]);
      expect(scene.effectsOf(subject)).toEqual({ starts, finishes });
      const aside = answer === 'crashed' ? ['crashed'] : [];
      // The caller is told first.
      await expect.poll(() => reasons(scene)).toEqual(aside);
      expect(client.health().pending).toBe(0);
    } finally {
      await scene.close();
      await proxy?.close();
    }
  });
});

async function reasons(scene: Scene): Promise<string[]> {
  const aside = await readQuarantine(scene.virtualHost.url, scene.to);
  return aside.map(({ reason }) => reason);
}

function told(error: unknown): string {
  return error instanceof RpcError ? `${error.code}, ${error.outcome}` : String(error);
}
