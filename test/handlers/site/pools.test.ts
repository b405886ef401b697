import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declaredErrorOf } from 'samovar';
import { dxPoolRestart, dxSiteInstall } from 'samovar/handlers/site';
import { expect, onTestFinished, test } from 'vitest';
import { runScript } from '../../support/process.js';
import { makeFifo } from '../make-fifo.js';
import { openTown } from './town.js';

/** Ends with its standard input, as the default process does, and starts faster. */
const quick = { command: ['sh', '-c', 'echo ready; read line'], readyText: 'ready' };
const poolsOf = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [`pool-${nth}`, quick]));

test('a pool is a process that runs from the start, and another one after a restart', async () => {
  const { client } = await openTown({ pools: { www: {} } });
  const first = await client.call(dxPoolRestart, { pool: 'www' });
  expect(first).toMatchObject({ pool: 'www', restarts: 1, before: 'running' });
  expect(isAlive(first.pid)).toBe(true);
  const second = await client.call(dxPoolRestart, { pool: 'www' });
  expect(second).toMatchObject({ restarts: 2, before: 'running' });
  expect(isAlive(first.pid)).toBe(false);
  expect(isAlive(second.pid)).toBe(true);
});

test('hundreds of restarts of pools run five at a time', async () => {
  const { client, stages } = await openTown({ pools: poolsOf(200) });
  const answers = await Promise.all(
    Object.keys(poolsOf(200)).map((pool) => client.call(dxPoolRestart, { pool }, { timeoutMs: 60_000 })),
  );
  expect(new Set(answers.map(({ pid }) => pid)).size).toBe(200);
  let [running, most] = [0, 0];
  for (const stage of stages) {
    if (stage === 'dx_pool_restart started') most = Math.max(most, ++running);
    if (stage === 'dx_pool_restart effect-done') running--;
  }
  expect(most).toBe(5);
});

test('a hundred restarts of one pool are two', async () => {
  const { client, stages } = await openTown({ pools: { www: quick, other: quick } });
  const answers = await Promise.all(Array.from({ length: 100 }, () => client.call(dxPoolRestart, { pool: 'www' })));
  expect(answers.map(({ restarts }) => restarts).sort()).toEqual([1, ...Array.from({ length: 99 }, () => 2)]);
  expect(stages.filter((stage) => stage === 'dx_pool_restart started')).toHaveLength(2);
});

test('a restart is answered once the new process says that it is up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'samovar-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const gate = join(folder, 'gate');
  makeFifo(gate);
  const command = ['sh', '-c', 'read go < "$0"; echo up; read line', gate];
  const opening = openTown({ pools: { www: { command, readyText: 'up' } } });
  await writeFile(gate, 'go\n');
  const { client } = await opening;
  let isAnswered = false;
  const call = client.call(dxPoolRestart, { pool: 'www' }).finally(() => (isAnswered = true));
  await client.call(dxSiteInstall, { site: 'marker', version: '1' });
  expect(isAnswered).toBe(false);
  await writeFile(gate, 'go\n');
  expect(await call).toMatchObject({ restarts: 1 });
});

test('a pool that crashed is told in the log at once, and in the answer to the next restart', async () => {
  const { client, logged } = await openTown({ pools: { www: quick } });
  const { pid } = await client.call(dxPoolRestart, { pool: 'www' });
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => logged.join('\n')).toContain('the process of a pool ended by itself');
  expect(logged.join('\n')).toContain(`"pool":"www","pid":${pid},"end":"it ended with SIGKILL"`);
  expect(await client.call(dxPoolRestart, { pool: 'www' })).toMatchObject({ restarts: 2, before: 'crashed' });
  expect(await client.call(dxPoolRestart, { pool: 'www' })).toMatchObject({ restarts: 3, before: 'running' });
});

test('a new process that ends before it is up is a declared error, and the pool is down', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'samovar-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // Once only: the folder that it makes is there the next time.
  const command = ['sh', '-c', 'mkdir "$0" && echo ready && read line', join(folder, 'once')];
  const { client } = await openTown({ pools: { www: { command, readyText: 'ready' } } });
  for (const before of ['running', 'down']) {
    const error: unknown = await client.call(dxPoolRestart, { pool: 'www' }).catch((thrown: unknown) => thrown);
    expect(declaredErrorOf(dxPoolRestart, error), before).toEqual({
      name: 'did_not_start',
      data: { pool: 'www', reason: 'it ended with 1' },
    });
  }
});

test('a restart that is given up leaves the new process to come up by itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'samovar-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'pids');
  // The second process never says that it is up.
  const command = ['sh', '-c', 'echo $$ >> "$0"; test "$(wc -l < "$0")" = 2 || echo ready; read line', file];
  const { client } = await openTown({ pools: { www: { command, readyText: 'ready' } } });
  const change = new AbortController();
  const call = client.call(dxPoolRestart, { pool: 'www' }, { signal: change.signal });
  const pids = () => readFileSync(file, 'utf8').trim().split('\n').map(Number);
  await expect.poll(() => pids().length).toBe(2);
  change.abort();
  await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  const [, second = 0] = pids();
  expect(isAlive(second)).toBe(true);
  expect(await client.call(dxPoolRestart, { pool: 'www' })).toMatchObject({ before: 'running' });
  expect(isAlive(second)).toBe(false);
});

test('a process that ignores SIGTERM is killed after five seconds', async () => {
  const stubborn = { command: ['sh', '-c', `trap '' TERM; echo ready; read line`], readyText: 'ready' };
  const { client, clock, stages } = await openTown({ pools: { www: stubborn } });
  const call = client.call(dxPoolRestart, { pool: 'www' });
  await expect.poll(() => stages).toContain('dx_pool_restart started');
  await clock.advance(5_000);
  const { pid, ...answer } = await call;
  expect(answer).toMatchObject({ before: 'running', restarts: 1 });
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('what the process of a pool has started ends with it, however that ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'samovar-pool-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'pid');
  // Deaf to SIGTERM, and to the end of its standard input.
  const command = ['sh', '-c', 'sh -c \'trap "" TERM; echo $$ > "$0"; echo up; sleep 600\' "$0" & read line', file];
  const { client } = await openTown({ pools: { www: { command, readyText: 'up' } } });
  const startedPid = () => Number(readFileSync(file, 'utf8'));
  const { pid } = await client.call(dxPoolRestart, { pool: 'www' });
  const [crashed, started] = [pid, startedPid()];
  expect(isAlive(started)).toBe(true);
  process.kill(crashed, 'SIGKILL');
  await expect.poll(() => isAlive(started)).toBe(false);
  await client.call(dxPoolRestart, { pool: 'www' });
  const next = startedPid();
  await client.call(dxPoolRestart, { pool: 'www' });
  await expect.poll(() => isAlive(next)).toBe(false);
});

test('no process of a pool outlives its worker', async () => {
  const town = await openTown({ pools: { www: {}, other: quick } });
  const pids = await Promise.all(
    ['www', 'other'].map(async (pool) => (await town.client.call(dxPoolRestart, { pool })).pid),
  );
  expect(pids.map(isAlive)).toEqual([true, true]);
  await town.stop();
  expect(pids.map(isAlive)).toEqual([false, false]);
});

test('the default process of a pool ends with a worker that is killed', async () => {
  const script = runScript(new URL('worker.ts', import.meta.url));
  const pid = Number(/\d+/.exec(await script.waitForLine('up '))?.[0]);
  expect(isAlive(pid)).toBe(true);
  await script.kill9();
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('a pool whose program is not there fails the set-up, which names it', async () => {
  const pools = { good: quick, wrong: { command: ['/no/such/program'] } };
  await expect(openTown({ pools })).rejects.toThrow('pool wrong did not start');
});

test('it names the pools there are when it is asked for another one', async () => {
  const { client } = await openTown({ pools: { www: quick } });
  const call = client.call(dxPoolRestart, { pool: '__proto__' });
  await expect(call).rejects.toMatchObject({ declared: { name: 'no_such_pool', data: { pools: ['www'] } } });
});

/** A dead process that its parent has not fetched does not count. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
