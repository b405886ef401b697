import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startOwnRedis, startRedis, type TestRedis } from '../support/redis.js';
import type { SamovarProcess } from '../support/samovar-process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { nap } from './worker/actions.js';
import { caller } from './worker/caller.js';
import { configurationFile, openBench, testFolder, testHandlers, type Bench } from './worker/kit.js';
import { charge, occupy } from './worker/shared-actions.js';

const sharedHandlers = fileURLToPath(new URL('worker/shared-handlers.ts', import.meta.url));
const at = { to: 'node-1', timeoutMs: 60_000 };
const resource = { resource: 'the only one' };
const patience = { timeout: 30_000, interval: 200 };

let broker: SharedBroker;
let redis: TestRedis;
let bench: Bench;
beforeAll(async () => {
  [broker, redis] = await Promise.all([sharedRabbitmq(), startRedis()]);
});
beforeEach(async () => {
  bench = await openBench();
});
afterAll(() => redis.close());

/** What workers of one address are started with that share locks and answers, and the gate of their handlers. */
async function configured(url: string) {
  const host = await broker.createVirtualHost();
  const gate = join(await testFolder(), 'gate');
  const config = await configurationFile(
    broker,
    { [host.name]: { queue: 'node-1' } },
    {
      handlers: [testHandlers, { use: sharedHandlers, settings: { gate } }],
      redis: { url, namespace: randomUUID(), command_timeout_ms: 500 },
      idempotency: { fingerprint_key: 'a secret of some length' },
    },
  );
  return { args: ['--config', config], host, open: () => writeFile(gate, '') };
}

async function twoWorkers() {
  const { args, ...rest } = await configured(redis.url);
  const workers = await Promise.all([bench.worker(args), bench.worker(args)]);
  return { ...rest, workers };
}

function starts(workers: readonly SamovarProcess[]): number {
  return workers.flatMap(({ log }) => log).filter(({ msg }) => msg === 'inside').length;
}

/** Once they have ended, since only then all that they wrote is here. */
async function allStarts(workers: readonly SamovarProcess[]): Promise<number> {
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(workers.map(({ exited }) => exited));
  return starts(workers);
}

/** What each process runs and lets wait, the busier first. */
async function work(): Promise<readonly string[]> {
  const servers = (await bench.health()).flatMap(({ virtualHosts }) => virtualHosts.map(({ server }) => server));
  return servers
    .map((server) => `${server?.running} running, ${server?.waiting} waiting`)
    .sort()
    .reverse();
}

describe('two workers of one address that share a Redis', { timeout: 120_000 }, () => {
  it('exclude each other by their locks', async () => {
    const { workers, host, open } = await twoWorkers();
    const client = caller(host.url);
    const calls = [client.call(occupy, resource, at), client.call(occupy, resource, at)];
    await expect.poll(work, patience).toEqual(['1 running, 0 waiting', '0 running, 1 waiting']);
    await open();
    const [one, other] = await Promise.all(calls);
    expect(one).not.toEqual(other);
    expect(await allStarts(workers)).toBe(2);
  });

  it('start a request once for all calls with one key, and give each the same answer', async () => {
    const { workers, host, open } = await twoWorkers();
    const client = caller(host.url);
    const call = () => client.call(occupy, resource, { ...at, idempotencyKey: 'order 5' });
    const calls = [call(), call()];
    await expect.poll(work, patience).toEqual(['1 running, 0 waiting', '0 running, 1 waiting']);
    await open();
    const [answer] = await Promise.all(calls);
    for (const same of await Promise.all([...calls, call(), call()])) expect(same).toEqual(answer);
    const mismatch = client.call(occupy, { resource: 'another' }, { ...at, idempotencyKey: 'order 5' });
    await expect(mismatch).rejects.toMatchObject({ code: 'key_mismatch' });
    expect(await allStarts(workers)).toBe(1);
  });

  it("do not start again what crashed one of them, where a handler says onCrash: 'park'", async () => {
    const { workers, host, open } = await twoWorkers();
    const call = caller(host.url).call(charge, resource, { ...at, idempotencyKey: 'invoice 5' });
    const crashed = expect(call).rejects.toMatchObject({ code: 'crashed', outcome: 'unknown' });
    await expect.poll(() => starts(workers), patience).toBe(1);
    await workers.find((worker) => starts([worker]) === 1)?.kill9();
    await open();
    await crashed;
    expect(await allStarts(workers)).toBe(1);
  });
});

describe('a worker whose Redis is away', { timeout: 120_000 }, () => {
  it('starts and serves all that needs no lock and no key, is red with the reason, and green once it is back', async () => {
    const password = 's3cret';
    const own = await startOwnRedis({ password });
    onTestFinished(() => own.close());
    const { args, host, open } = await configured(own.url.replace('redis://', `redis://:${password}@`));
    await open();
    const client = caller(host.url);
    const told: string[] = [];
    const looksLike = async (pattern: RegExp) => {
      const look = async () => {
        const { code, rows, err } = await bench.status();
        told.push(...rows, err);
        return `${code} ${rows.join()}`;
      };
      await expect.poll(look, patience).toMatch(pattern);
    };
    const red = new RegExp(
      `^1 red .* Redis \\(redis://127\\.0\\.0\\.1:${own.port}, namespace [^)]+\\) is away since \\d{4}-[^ ]+Z: .*ECONNREFUSED`,
    );

    await own.kill9();
    const worker = await bench.worker(args);
    await looksLike(red);
    expect(await client.call(nap, {}, at)).toEqual({ slept: 0 });
    const refused = { code: 'unavailable', outcome: 'not_executed', retryable: true };
    await expect(client.call(occupy, resource, at)).rejects.toMatchObject(refused);
    await expect(client.call(nap, {}, { ...at, idempotencyKey: 'a' })).rejects.toMatchObject(refused);

    await own.start();
    await looksLike(/^0 green /);
    await client.call(occupy, resource, at);

    own.pause();
    await looksLike(/^1 red .* is away since .* got no answer/);
    expect(await client.call(nap, {}, at)).toEqual({ slept: 0 });
    own.resume();
    await looksLike(/^0 green /);
    expect(await client.call(nap, {}, { ...at, idempotencyKey: 'a' })).toEqual({ slept: 0 });

    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.stderr + told.join()).not.toContain(password);
  });

  it('stops in good order', async () => {
    const own = await startOwnRedis();
    onTestFinished(() => own.close());
    const { args } = await configured(own.url);
    const worker = await bench.worker(args);
    await own.kill9();
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  });
});

describe('without the package redis', { timeout: 60_000 }, () => {
  /** Node's own words for a package that is not there. */
  const hook = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  export async function resolve(specifier, context, next) {
    if (specifier !== 'redis') return next(specifier, context);
    throw Object.assign(new Error("Cannot find package 'redis' imported from here"), { code: 'ERR_MODULE_NOT_FOUND' });
  }\`));`;

  it('a worker starts that needs none, and one that does is told what to install', async () => {
    const hooks = join(await testFolder(), 'hooks.mjs');
    await writeFile(hooks, hook);
    const options = { nodeOptions: ['--import', hooks] };
    const { name } = await broker.createVirtualHost();
    const plain = await configurationFile(broker, { [name]: { queue: 'node-1' } });
    await bench.worker(['--config', plain], options);
    const { args } = await configured(redis.url);
    const worker = bench.run(['worker', ...args], options);
    expect(await worker.exited).toEqual({ code: 78, signal: null });
    expect(worker.stderr).toMatch(/^samovar: expected the package redis to be installed: npm install redis$/m);
  });
});
