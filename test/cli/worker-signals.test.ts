import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePorts } from '../support/ports.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { caller } from './worker/caller.js';
import { nap, stumble } from './worker/actions.js';
import { failingSetUp, hangingSetUp, openBench, testHandlers, type Bench } from './worker/kit.js';

let broker: SharedBroker;
let bench: Bench;
let url: string;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});
beforeEach(async () => {
  bench = await openBench();
  ({ url } = await broker.createVirtualHost());
});

const serving = () => ['--url', url, '--handlers', testHandlers, '--address', 'node-1'];

describe('SIGTERM', () => {
  it('ends an idle worker in good order, and takes its socket away', async () => {
    const worker = await bench.worker(serving());
    const folder = join(bench.runtime, 'samovar');
    expect(await readdir(folder)).toEqual([`${worker.pid}.sock`]);
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(await readdir(folder)).toEqual([]);
  });

  it('lets running requests end and answers them, and runs what set-ups left to be done after the last handler', async () => {
    const worker = await bench.worker(serving());
    const client = caller(url);
    const calls = Array.from({ length: 20 }, () => client.call(nap, { ms: 1_000 }, { to: 'node-1' }));
    await expect.poll(() => worker.log.filter(({ msg }) => msg === 'napping').length).toBe(16);
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    const told = worker.log.map(({ msg }) => msg);
    expect(told.lastIndexOf('awake')).toBeLessThan(told.indexOf('put away'));
    expect(told.indexOf('put away')).toBeLessThan(told.indexOf('first set up, last put away'));
    // Those that ran are answered; those that waited are for the next worker.
    const answers = await Promise.all(calls.slice(0, 16));
    expect(answers).toEqual(Array(16).fill({ slept: 1_000 }));
    await bench.worker(serving());
    expect(await Promise.all(calls)).toHaveLength(20);
  });

  it('ends a worker that still waits for its broker, with 0', async () => {
    const [port] = await freePorts(1);
    const worker = bench.run(['worker', '--url', `amqp://127.0.0.1:${port}/x`, '--handlers', testHandlers]);
    await worker.waitForLog('could not connect');
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.log.map(({ msg }) => msg)).toContain('put away');
  });

  it('ends a worker whose set-up hangs, with 0', async () => {
    const worker = bench.run(['worker', '--url', url, '--handlers', hangingSetUp]);
    await worker.waitForLog('setting up');
    worker.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(worker.log.map(({ msg }) => msg)).toContain('put away');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('and then %s ends it at once with %i, and the log names what was unfinished', async (second, code) => {
    const worker = await bench.worker(serving());
    const client = caller(url);
    const call = client.call(nap, { ms: 60_000 }, { to: 'node-1' }).catch(() => undefined);
    await worker.waitForLog('napping');
    worker.kill('SIGTERM');
    await worker.waitForLog('stopping');
    worker.kill(second);
    expect(await worker.exited).toEqual({ code, signal: null });
    const unfinished = worker.log.find(({ msg }) => msg.startsWith('ended by force'));
    expect(unfinished).toMatchObject({ level: 'error', action: 'nap', address: 'node-1' });
    await client.close();
    await call;
  });
});

describe('a set-up that throws', () => {
  it('fails the start with 1, names the package, consumes nothing and puts away what was set up', async () => {
    const worker = bench.run(['worker', ...serving(), '--handlers', failingSetUp]);
    expect(await worker.exited).toEqual({ code: 1, signal: null });
    const lines = worker.stderr.trimEnd().split('\n');
    const told = lines.filter((line) => line.includes('the cellar is flooded'));
    expect(told).toEqual([expect.stringMatching(/^samovar: .*failing-set-up\.ts: its set-up failed: /)]);
    expect(lines.at(-1)).toBe(told[0]);
    expect(worker.log.map(({ msg }) => msg)).toContain('put away');
    const { pathname } = new URL(url);
    expect(await broker.management('GET', `/queues${pathname}`)).toEqual([]);
  });

  it('shows its stack at level debug', async () => {
    const worker = bench.run(['worker', '--url', url, '--handlers', failingSetUp, '--log-level', 'debug']);
    const line = await worker.waitForLog('a set-up failed');
    expect(line).toMatchObject({ err: { cause: { stack: expect.stringContaining('failing-set-up.ts:') as string } } });
  });
});

describe('an error that belongs to no request', () => {
  it('as a rejection is logged with its stack and counted, and the worker serves on', async () => {
    const worker = await bench.worker(serving());
    const client = caller(url);
    await client.call(stumble, { how: 'rejection' }, { to: 'node-1' });
    const line = await worker.waitForLog(/nobody awaited it/);
    expect(line).toMatchObject({ level: 'error', err: { message: 'nobody awaits this' } });
    expect(JSON.stringify(line)).toContain('handlers.ts:');
    expect(await client.call(nap, {}, { to: 'node-1' })).toEqual({ slept: 0 });
    expect(await bench.health()).toMatchObject([{ strayRejections: 1 }]);
  });

  it('as an exception ends the worker with 70, after the drain', async () => {
    const worker = await bench.worker(serving());
    const client = caller(url);
    const call = client.call(nap, { ms: 500 }, { to: 'node-1' });
    await worker.waitForLog('napping');
    await client.call(stumble, { how: 'exception' }, { to: 'node-1' });
    expect(await worker.exited).toEqual({ code: 70, signal: null });
    expect(await call).toEqual({ slept: 500 });
    expect(worker.log.map(({ msg }) => msg)).toContain('put away');
  });
});
