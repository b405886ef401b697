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
import { failpoints, type FailpointName } from '../support/failpoint.js';
import { readQuarantine } from '../support/quarantine.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

/** Who answers the caller, or what it is told instead; the request is then set aside with that reason. */
type Answer = 'first' | 'second' | 'crashed';

interface Expected {
  readonly starts: number;
  readonly finishes: number;
  readonly answer: Answer;
  /** Whether the broker hands it out again. */
  readonly again: boolean;
}

const runs = (starts: number, finishes: number, answer: Answer, again = true): Expected => ({
  ...{ starts, finishes, answer, again },
});
/** No effect before the crash: the second worker does it. */
const elsewhere = runs(1, 1, 'second');
/** The answer of the first worker is known, or on its way. */
const asKnown = runs(1, 1, 'first');
const settled = runs(1, 1, 'first', false);

/** What a worker killed at a stage leaves behind, for each way of asking. */
const table: Record<FailpointName, Record<'no key' | 'retry' | 'park', Expected | 'not passed'>> = {
  received: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  parsed: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  validated: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  locked: { 'no key': elsewhere, retry: elsewhere, park: elsewhere },
  // From the claim on it counts as started.
  claimed: { 'no key': 'not passed', retry: elsewhere, park: runs(0, 0, 'crashed') },
  started: { 'no key': runs(2, 1, 'second'), retry: runs(2, 1, 'second'), park: runs(1, 0, 'crashed') },
  'effect-done': { 'no key': runs(2, 2, 'second'), retry: runs(2, 2, 'second'), park: runs(1, 1, 'crashed') },
  recorded: { 'no key': 'not passed', retry: asKnown, park: asKnown },
  unlocked: { 'no key': runs(2, 2, 'second'), retry: asKnown, park: asKnown },
  'reply-published': { 'no key': runs(2, 2, 'first'), retry: asKnown, park: asKnown },
  'reply-confirmed': { 'no key': runs(2, 2, 'first'), retry: asKnown, park: asKnown },
  acked: { 'no key': settled, retry: settled, park: settled },
};
const rows = failpoints.flatMap((stage) =>
  (['no key', 'retry', 'park'] as const).map((asked) => ({ stage, asked, expected: table[stage][asked] })),
);

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
  test.for(rows)('$stage, $asked', { timeout: 120_000 }, async ({ stage, asked, expected }, { expect }) => {
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
