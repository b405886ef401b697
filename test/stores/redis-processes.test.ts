import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createClient, defineAction, defineHandler, startServer, systemClock } from '../../src/index.js';
import { exclusive } from '../../src/stores/lock.js';
import { createRedisIdempotencyStore } from '../../src/stores/redis/idempotency.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import { ask } from '../../src/testing/stores/ask.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import { overlaps, readEffects } from '../support/effects.js';
import { runScript, type ScriptProcess } from '../support/process.js';
import { startRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
let folder: string;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'samovar-redis-locks-'));
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});
afterAll(async () => {
  await redis.close();
  await rm(folder, { recursive: true, force: true });
});

async function startHolder(leaseMs: number): Promise<ScriptProcess> {
  const args = [redis.url, join(folder, 'effects'), String(leaseMs)];
  const child = runScript(new URL('redis-holder.ts', import.meta.url), { args });
  closing.unshift(() => child.kill9());
  await child.waitForLine('ready');
  return child;
}

async function fenceOf(child: ScriptProcess): Promise<number> {
  return Number((await child.waitForLine(/^held/)).slice('held '.length));
}

test('two processes exclude each other, and fences rise from holder to holder', async () => {
  const name = randomUUID();
  const children = await Promise.all([startHolder(30_000), startHolder(30_000)]);
  for (const child of children) child.writeLine(`repeat ${name} 100`);
  await Promise.all(children.map((child) => child.waitForLine('repeated')));
  const effects = readEffects(join(folder, 'effects')).filter(({ subject }) => subject === name);
  expect(effects).toHaveLength(400);
  expect(new Set(effects.map(({ pid }) => pid)).size).toBe(2);
  expect(overlaps(effects)).toEqual([]);
  const fences = effects.filter(({ kind }) => kind === 'start').map(({ run }) => Number(run.split(' ')[2]));
  expect(fences).toEqual(fences.toSorted((one, other) => one - other));
});

test('a holder that stood still past its lease is told, and cannot end the lock of its successor', async () => {
  const name = randomUUID();
  const [stopped, successor] = await Promise.all([startHolder(1_500), startHolder(30_000)]);
  stopped.writeLine(`hold ${name}`);
  const fence = await fenceOf(stopped);
  stopped.kill('SIGSTOP');
  successor.writeLine(`hold ${name}`);
  expect(await fenceOf(successor)).toBeGreaterThan(fence);
  stopped.kill('SIGCONT');
  await stopped.waitForLine('lost');
  stopped.writeLine('end');
  await stopped.waitForLine('over');
  // A step of the same process comes after the release: what that did is done.
  stopped.writeLine(`repeat ${randomUUID()} 1`);
  await stopped.waitForLine('repeated');
  const locks = createRedisLockProvider({ url: redis.url });
  closing.unshift(() => locks.close());
  const third = ask(locks, [exclusive(name)]);
  await locks.hold([exclusive(randomUUID())], { signal: new AbortController().signal, owner: 'x', ancestors: [] }, () =>
    Promise.resolve(),
  );
  expect(third.state).toBe('waiting');
  successor.writeLine('end');
  await third.granted;
  third.end();
});

test('a holder that stood still is told before its timers run, if it asks', async () => {
  let stoodStillMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + stoodStillMs };
  const locks = createRedisLockProvider({ url: redis.url, clock });
  closing.unshift(() => locks.close());
  const wish = { signal: new AbortController().signal, owner: 'x', ancestors: [] };
  const seen = await locks.hold([exclusive(randomUUID())], wish, async ({ signal, check }) => {
    check?.();
    const before = signal?.aborted;
    stoodStillMs = 20_000;
    check?.();
    return { before, after: signal?.aborted };
  });
  expect(seen).toEqual({ before: false, after: true });
});

test('what a killed process held, and waited for, goes on to the others after its lease', async () => {
  const name = randomUUID();
  const [holder, waiter, survivor] = await Promise.all([startHolder(1_500), startHolder(1_500), startHolder(30_000)]);
  holder.writeLine(`hold ${name}`);
  const fence = await fenceOf(holder);
  waiter.writeLine(`hold ${name}`);
  survivor.writeLine(`hold ${name}`);
  await Promise.all([holder.kill9(), waiter.kill9()]);
  expect(await fenceOf(survivor)).toBeGreaterThan(fence);
});

test('a process that has closed its provider ends by itself', async () => {
  const child = await startHolder(30_000);
  child.writeLine(`repeat ${randomUUID()} 3`);
  await child.waitForLine('repeated');
  child.writeLine('close');
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test('200 concurrent duplicates at four workers: one execution, 200 equal answers', async () => {
  const brew = defineAction({
    name: 'brew',
    summary: 'Counts how often it ran.',
    request: z.object({ pot: z.string() }),
    response: z.object({ run: z.int() }),
  });
  let runs = 0;
  const handler = defineHandler(brew, {
    locks: ({ pot }) => [exclusive(pot)],
    async run() {
      runs += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return { run: runs };
    },
  });
  const broker = createMemoryBroker();
  closing.unshift(async () => Promise.all(broker.connections.map((connection) => connection.close())));
  const namespace = randomUUID();
  for (let nth = 0; nth < 4; nth += 1) {
    const options = { url: redis.url, namespace };
    const [locks, idempotency] = [createRedisLockProvider(options), createRedisIdempotencyStore(options)];
    const address = `node-${nth}`;
    const server = await startServer({
      transport: broker.connect(),
      address,
      handlers: [handler],
      locks,
      idempotency,
      fingerprintKey: 'the same for all',
    });
    closing.unshift(async () => {
      await server.stop();
      await Promise.all([locks.close(), idempotency.close()]);
    });
  }
  const client = createClient({ transport: broker.connect() });
  closing.unshift(() => client.close());
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, nth) =>
      client.call(brew, { pot: 'samovar' }, { to: `node-${nth % 4}`, idempotencyKey: 'one pot' }),
    ),
  );
  expect(runs).toBe(1);
  expect(new Set(answers.map(({ run }) => run))).toEqual(new Set([1]));
});
