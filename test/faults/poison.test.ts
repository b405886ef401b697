import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { work } from '../e2e/workers/actions.js';
import { openScene } from '../e2e/workers/scene.js';
import { readQuarantine } from '../support/quarantine.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

const maxStarts = 2;
let broker: SharedBroker;
let redis: TestRedis;
beforeAll(async () => {
  [broker, redis] = await Promise.all([sharedRabbitmq(), startRedis()]);
});
afterAll(() => redis.close());

/** Without a key a first start is not written down: it costs nothing, and one crash more. */
const rows = [
  { asked: 'with a key', key: { idempotencyKey: 'poison' }, starts: maxStarts },
  { asked: 'without a key', key: {}, starts: maxStarts + 1 },
];

describe.concurrent('a request that uses up the memory of each worker', () => {
  test.for(rows)(
    'is set aside after its starts, $asked, and what waited behind it runs once',
    { timeout: 120_000 },
    async ({ key, starts }, { expect }) => {
      const scene = await openScene(broker);
      try {
        const settings = {
          ...{ maxStarts, concurrency: 1, heapMb: 128 },
          redis: { url: redis.url, namespace: randomUUID(), leaseMs: 1_500 },
        };
        const client = scene.client();
        let worker = await scene.worker(settings);
        const options = { to: scene.to, timeoutMs: 100_000 };
        const poison = client.call(work, { subject: 'poison', eats: true }, { ...options, ...key }).then(
          () => undefined,
          (error: unknown) => error,
        );
        await expect.poll(() => scene.effectsOf('poison').starts).toBe(1);
        const bystanders = Promise.all(['a', 'b', 'c'].map((subject) => client.call(work, { subject }, options)));
        for (let crash = 1; crash <= starts; crash++) {
          expect((await worker.child.exited).signal).toBe('SIGABRT');
          expect(scene.effectsOf('poison')).toEqual({ starts: crash, finishes: 0 });
          worker = await scene.worker(settings);
        }
        expect(await poison).toMatchObject({ code: 'poisoned', outcome: 'unknown' });
        await bystanders;
        await expect
          .poll(() => readQuarantine(scene.virtualHost.url, scene.to))
          .toMatchObject([{ reason: 'poisoned', body: { subject: 'poison' } }]);
        for (const subject of ['a', 'b', 'c']) expect(scene.effectsOf(subject)).toEqual({ starts: 1, finishes: 1 });
      } finally {
        await scene.close();
      }
    },
  );
});
