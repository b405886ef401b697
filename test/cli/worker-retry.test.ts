import { EventEmitter } from 'node:events';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createLog } from '../../src/cli/log/create-log.js';
import { runWorker, type RunWorkerParts } from '../../src/cli/worker/run-worker.js';
import type { Configuration, VirtualHost } from '../../src/config/settings.js';
import { TransportError, type Transport } from '../../src/core/transport.js';
import { createManualClock, createSeededRandom } from '../../src/testing/index.js';
import { createMemoryTransport } from '../../transports/memory/index.js';
import { testFolder, testHandlers } from './worker/kit.js';

const setupError = () => new TransportError('setup', 'the broker refused user "x"', { sent: 'no' });

/** A worker in this process; `consume` of each virtual host may refuse, `close` may fail. */
async function worker(refusals: Readonly<Record<string, number>>, failsToClose: readonly string[] = []) {
  const runtime = await testFolder();
  const closed: string[] = [];
  const clock = createManualClock();
  const ending = new AbortController();
  const lines: { msg: string; virtualHost?: string }[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) };
  const left = new Map(Object.entries(refusals));
  const virtualHosts = Object.keys(refusals).map((name): VirtualHost => ({
    ...{ name, connection: { transport: 'memory' }, addresses: ['node-1'], exchanges: undefined },
    handlers: [{ use: testHandlers, folder: '/', settings: undefined, locate: () => 'here' }],
    ...{ allowMissingHandlers: false, allow: undefined, mock: false, fernetKeys: [], limits: {} },
  }));
  const configuration: Configuration = { file: undefined, virtualHosts, logLevel: 'info', warnings: [] };
  const openTransport: RunWorkerParts['openTransport'] = async (of): Promise<Transport> => {
    const name = virtualHosts.find(({ connection }) => connection === of)?.name ?? '';
    const transport = createMemoryTransport({ clock });
    return {
      ...transport,
      get status() {
        return transport.status;
      },
      async consume(...args) {
        const refusalsLeft = left.get(name) ?? 0;
        left.set(name, refusalsLeft - 1);
        if (refusalsLeft > 0) throw setupError();
        return transport.consume(...args);
      },
      async close() {
        await transport.close();
        closed.push(name);
        if (failsToClose.includes(name)) throw new Error(`${name} would not close`);
      },
    };
  };
  const parts: RunWorkerParts = {
    ...{ clock, openTransport, env: { RUNTIME_DIRECTORY: runtime }, cwd: '/', signal: ending.signal },
    ...{ pid: process.pid, version: '0', socket: undefined, events: new EventEmitter() },
    random: createSeededRandom(1),
    log: createLog({ level: 'info', stream, isTerminal: false }),
  };
  const running = runWorker(configuration, parts);
  const messages = (virtualHost?: string) =>
    lines.filter((line) => line.virtualHost === virtualHost).map(({ msg }) => msg);
  return { clock, runtime, closed, running, messages, stop: () => ending.abort(new Error('ended by a test')) };
}

it('a virtual host that the broker refuses is tried again every 30 s while others serve, and turns green then', async () => {
  const { clock, running, messages, stop } = await worker({ good: 0, bad: 2 });
  await expect.poll(() => messages()).toContain('ready');
  expect(messages('bad')).toEqual(['set up', 'cannot serve']);
  await clock.advance(29_999);
  expect(messages('bad')).toEqual(['set up', 'cannot serve', 'red']);
  await clock.advance(1);
  expect(messages('bad').filter((message) => message === 'cannot serve')).toHaveLength(2);
  await clock.advance(30_000);
  await expect.poll(() => messages('bad')).toContain('serving');
  await clock.advance(5_000);
  expect(messages('bad').slice(-2)).toEqual(['serving', 'green again']);
  stop();
  expect(await running).toBe(0);
  expect(clock.pending()).toBe(0);
});

it('the broker that refuses all of them ends the worker', async () => {
  const { running } = await worker({ one: 1, two: 1 });
  await expect(running).rejects.toThrow(
    'none of the virtual hosts can be served: one: the broker refused user "x"; two',
  );
  await expect(running).rejects.toMatchObject({ code: 'setup' });
});

it('a virtual host that fails to close keeps nothing else open, and is told in the end', async () => {
  const { clock, runtime, closed, running, messages, stop } = await worker({ a: 0, b: 0, c: 0 }, ['a', 'b']);
  await expect.poll(() => messages()).toContain('ready');
  stop();
  await expect(running).rejects.toThrow('a would not close');
  expect(closed.sort()).toEqual(['a', 'b', 'c']);
  expect(messages().filter((message) => message === 'something could not be closed')).toHaveLength(2);
  expect(await readdir(runtime)).toEqual([]);
  expect(clock.pending()).toBe(0);
});
