import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { work } from '../e2e/workers/actions.js';
import { openResource } from '../e2e/workers/resource.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { countEffects } from '../support/effects.js';
import { startOwnRedis, type OwnRedis } from '../support/redis.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { check, type Attempt } from './checker.js';
import { startLoad } from './load.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
let broker: SharedBroker;
let redis: OwnRedis;
let scene: Scene;
let place: { readonly url: string; readonly namespace: string };

beforeAll(async () => {
  [broker, redis] = await Promise.all([sharedRabbitmq(), startOwnRedis({ persistent: true })]);
});
afterAll(() => redis.close());
beforeEach(async () => {
  scene = await openScene(broker);
  place = { url: redis.url, namespace: randomUUID() };
});
afterEach(() => scene.close());

test(
  '200 concurrent duplicates at four worker processes: one execution, 200 equal answers',
  { timeout: 120_000 },
  async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, () => scene.worker({ redis: place })));
    const client = scene.client();
    const calls = Array.from({ length: 200 }, () =>
      client.call(work, { subject: 'one', holds: true }, { to: scene.to, idempotencyKey: 'one effect' }),
    );
    // All of them are there while it runs.
    await expect
      .poll(async () => (await Promise.all(workers.map((worker) => worker.report()))).map(({ inFlight }) => inFlight), {
        timeout: 60_000,
      })
      .toSatisfy(
        (inFlight: number[]) => inFlight.every((count) => count > 0) && inFlight.reduce((a, b) => a + b) === 200,
      );
    for (const worker of workers) worker.goOn();
    const answers = await Promise.all(calls);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(scene.effectsOf('one')).toEqual({ starts: 1, finishes: 1 });
  },
);

test(
  'worker processes replaced one by one under load run nothing twice and lose no reply',
  { timeout: 900_000 },
  async () => {
    const replacements = isFull ? 50 : 6;
    const client = scene.client();
    let serving = await scene.worker({ redis: place });
    // Some have a lock, some a key, some both.
    const request = (nth: number) => ({
      ...{ subject: `call-${nth}`, ms: 5 },
      ...(nth % 2 === 0 && { lock: `lock-${nth % 20}` }),
      ...(nth % 3 === 0 && { key: `key-${nth}` }),
    });
    const load = startLoad({ client, to: scene.to, callers: 50, request });
    try {
      for (let nth = 0; nth < replacements; nth++) {
        const next = await scene.worker({ redis: place });
        serving.child.kill('SIGTERM');
        expect(await serving.child.exited).toEqual({ code: 0, signal: null });
        serving = next;
      }
    } finally {
      await load.stop();
    }
    const { pending } = client.health();
    const { attempts } = load;
    const history = { attempts, effects: scene.effects(), quarantined: [], incidents: [] };
    const verdict = check({ ...history, leftovers: { pending } });
    console.log(`${replacements} workers replaced under load: ${attempts.length} calls, each run once and answered`);
    expect(verdict).toMatchObject({
      ...{ accepted: attempts.length, lost: 0, unexpected: 0, duplicated: 0, recovered: 0, violations: [] },
    });
    const counts = [...countEffects(scene.effects()).values()];
    expect(counts.filter(({ starts }) => starts !== 1)).toEqual([]);
  },
);

test('a lock holder stopped past its lease and continued is told; its result is not recorded and its fence is refused', async () => {
  const resource = await openResource();
  try {
    const stopped = await scene.worker({
      ...{ redis: { ...place, leaseMs: 1_500 }, resourceUrl: resource.url, ending: 'ignores' },
    });
    const client = scene.client();
    const call = (subject: string) =>
      client.call(work, { subject, lock: 'pot', holds: true }, { to: scene.to, idempotencyKey: 'one pot' });
    const first = call('pot').then(
      () => 'a value',
      (error: unknown) => error,
    );
    await stopped.child.waitForLine('started pot');
    stopped.child.kill('SIGSTOP');
    const successor = await scene.worker({ redis: place, resourceUrl: resource.url, holds: false });
    // The one that stands still is still a consumer: what it gets waits there.
    const repeats = Array.from({ length: 4 }, () => call('pot'));
    const answer = await Promise.race(repeats);
    expect(answer.pid).toBe(successor.pid);

    stopped.child.kill('SIGCONT');
    await stopped.child.waitForLine('aborted pot');
    stopped.goOn();
    await stopped.child.waitForLine('refused pot');
    expect(await first).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
    expect(await Promise.all([...repeats, call('pot')])).toEqual(Array.from({ length: 5 }, () => answer));
    expect(resource.accepted).toHaveLength(1);
    expect(scene.effectsOf('pot').starts).toBe(2);
  } finally {
    resource.close();
  }
});

test(
  'Redis killed under load and started again: who needs neither lock nor key notices nothing, the others are told the truth',
  { timeout: 120_000 },
  async () => {
    const worker = await scene.worker({ redis: place });
    const client = scene.client();
    const plain = startLoad({
      ...{ client, to: scene.to, callers: 5 },
      request: (nth) => ({ subject: `plain-${nth}`, ms: 5 }),
    });
    const keyed = startLoad({
      ...{ client, to: scene.to, callers: 10, pauseMs: 100 },
      request: (nth) => ({ subject: `keyed-${nth}`, key: `keyed-${nth}`, lock: `lock-${nth % 5}`, ms: 20 }),
    });
    const succeeded = ({ attempts }: { attempts: readonly Attempt[] }, sinceMs: number) =>
      attempts.filter(({ told, calledAt }) => told.kind === 'value' && calledAt > sinceMs).length;
    await expect.poll(() => succeeded(keyed, 0)).toBeGreaterThan(50);

    await redis.kill9();
    const killedMs = Date.now();
    // Those under way may all wait for it to come back; these find it gone.
    const late = startLoad({
      ...{ client, to: scene.to, callers: 2, pauseMs: 100 },
      request: (nth) => ({ subject: `late-${nth}`, key: `late-${nth}`, lock: `late-${nth}`, ms: 20 }),
    });
    const awayMs = isFull ? 30_000 : 4_000;
    await expect.poll(() => Date.now() - killedMs, { timeout: 60_000 }).toBeGreaterThan(awayMs);
    // However slow the machine: enough to tell that they notice nothing.
    await expect.poll(() => succeeded(plain, killedMs), { timeout: 30_000 }).toBeGreaterThan(50);
    await expect.poll(() => late.attempts.length, { timeout: 30_000 }).toBeGreaterThan(0);
    const backMs = Date.now();
    await redis.start();
    await expect.poll(() => succeeded(keyed, backMs), { timeout: 30_000 }).toBeGreaterThan(50);
    const attempts = (await Promise.all([plain, keyed, late].map((load) => load.stop()))).flat();

    const { pending } = client.health();
    const history = { attempts, effects: scene.effects(), quarantined: [], incidents: [] };
    expect(check({ ...history, leftovers: { pending } })).toMatchObject({
      ...{ lost: 0, unexpected: 0, duplicated: 0, violations: [] },
    });
    expect(plain.attempts.filter(({ told }) => told.kind === 'error')).toEqual([]);
    const counts = countEffects(scene.effects());
    expect(late.attempts[0]?.told.kind).toBe('error');
    const failed = [...keyed.attempts, ...late.attempts].filter(({ told }) => told.kind === 'error');
    for (const { subject, told } of failed) {
      // Who ran when it happened cannot be told more; who had not begun did not run.
      const outcome = counts.has(subject) ? 'unknown' : 'not_executed';
      expect([subject, told]).toEqual([subject, { kind: 'error', code: 'unavailable', outcome }]);
    }
    // A reply may be there before the worker hears that the broker has it.
    await expect.poll(() => worker.report()).toMatchObject({ inFlight: 0, status: 'ready' });
  },
);
