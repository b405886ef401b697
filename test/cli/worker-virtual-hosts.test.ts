import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VirtualHost } from '../support/rabbitmq-admin.js';
import type { SamovarProcess } from '../support/samovar-process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { caller } from './worker/caller.js';
import { nap } from './worker/actions.js';
import { configurationFile, openBench, type Bench } from './worker/kit.js';

let broker: SharedBroker;
let bench: Bench;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});
beforeEach(async () => {
  bench = await openBench();
});

function virtualHosts(count: number): Promise<VirtualHost[]> {
  return Promise.all(Array.from({ length: count }, () => broker.createVirtualHost()));
}

const atNode1 = { queue: 'node-1' };
const wrongPassword = { ...atNode1, password: 's3cret' };

describe('twenty virtual hosts in one process', () => {
  it('are all served, within 10 MiB of the memory of one', { timeout: 120_000 }, async () => {
    const all = await virtualHosts(20);
    const config = await configurationFile(broker, Object.fromEntries(all.map(({ name }) => [name, atNode1])));
    const start = (...chosen: string[]) =>
      bench.worker(['--config', config, ...chosen], { nodeOptions: ['--expose-gc'] });
    const [first, last] = [all[0], all[19]] as [VirtualHost, VirtualHost];
    const one = await start('--vhost', first.name);
    const twenty = await start('--all-vhosts');
    // What a collection frees is given back to the machine some time later.
    await expect
      .poll(() => collectedKib(twenty) - collectedKib(one), { timeout: 60_000, interval: 500 })
      .toBeLessThan(10 * 1024);
    const { code, rows } = await bench.status();
    expect(code).toBe(0);
    expect(rows).toHaveLength(21);
    for (const { url } of [first, last]) {
      expect(await caller(url).call(nap, {}, { to: 'node-1' })).toEqual({ slept: 0 });
    }
  });
});

/** What is resident; asks for a collection, too. */
function collectedKib(worker: SamovarProcess): number {
  worker.kill('SIGUSR2');
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1]);
}

describe('a wrong password', () => {
  it('of one virtual host stops no other, and is visible in status', async () => {
    const [good, bad] = [await broker.createVirtualHost(), await broker.createVirtualHost()];
    const config = await configurationFile(broker, { [good.name]: atNode1, [bad.name]: wrongPassword });
    const worker = await bench.worker(['--config', config, '--all-vhosts']);
    expect(await worker.waitForLog('ready')).toMatchObject({ serving: [good.name], refused: [bad.name] });
    expect(await caller(good.url).call(nap, {}, { to: 'node-1' })).toEqual({ slept: 0 });
    const { code, rows } = await bench.status();
    expect(code).toBe(1);
    expect(rows).toEqual([
      expect.stringMatching(new RegExp(`^green +${good.name} +serving`)),
      expect.stringMatching(new RegExp(`^red +${bad.name} +refused .*password`)),
    ]);
    expect(await bench.status('--vhost', good.name)).toMatchObject({ code: 0 });
    expect(rows.join() + worker.stderr).not.toContain('s3cret');
  });

  it('of the only one ends the worker with 78 and one clear line', async () => {
    const bad = await broker.createVirtualHost();
    const config = await configurationFile(broker, { [bad.name]: wrongPassword });
    const worker = bench.run(['worker', '--config', config]);
    expect(await worker.exited).toEqual({ code: 78, signal: null });
    const lines = worker.stderr.split('\n').filter((line) => line.startsWith('samovar: '));
    expect(lines).toEqual([expect.stringMatching(/refused user .*password/)]);
    expect(worker.stderr).not.toContain('s3cret');
  });

  it('of all ends the worker with 78 and names each', async () => {
    const all = await virtualHosts(2);
    const config = await configurationFile(broker, Object.fromEntries(all.map(({ name }) => [name, wrongPassword])));
    const worker = bench.run(['worker', '--config', config, '--all-vhosts']);
    expect(await worker.exited).toEqual({ code: 78, signal: null });
    const line = worker.stderr.trimEnd().split('\n').at(-1);
    for (const { name } of all) expect(line).toContain(`${name}: `);
  });
});

describe('who may have what done', () => {
  it('is said by allow: a refused caller gets forbidden, and nothing runs', async () => {
    const { name, url } = await broker.createVirtualHost();
    const config = await configurationFile(broker, { [name]: { ...atNode1, allow: ['cluster-*'] } });
    const worker = await bench.worker(['--config', config]);
    const refused = caller(url).call(nap, { ms: 1 }, { to: 'node-1' });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden', outcome: 'not_executed' });
    const ended = await worker.waitForLog('request ended');
    expect(ended).toMatchObject({ virtualHost: name, action: 'nap', code: 'forbidden', outcome: 'not_executed' });
    expect(worker.log.map(({ msg }) => msg)).not.toContain('napping');
  });
});

it('mocked replies come without a handler', async () => {
  const host = await broker.createVirtualHost();
  const config = await configurationFile(broker, { [host.name]: atNode1 });
  const worker = await bench.worker(['--config', config, '--mock']);
  expect(await caller(host.url).call(nap, { ms: 1 }, { to: 'node-1' })).toEqual({
    slept: expect.any(Number) as number,
  });
  expect(worker.log.map(({ msg }) => msg)).not.toContain('napping');
  expect((await bench.status()).rows).toEqual([expect.stringContaining('serving (mock)')]);
});
