import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineHandler, exclusive } from '../../src/index.js';
import { echo, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  const answering = defineHandler(echo, { run: ({ word }) => ({ word }) });
  const call = (word: string) => stage.client().call(echo, { word }, { to: stage.to });

  test('an idle server stops at once, twice as well as once', async () => {
    const server = await stage.serve([answering]);
    const reports = await Promise.all([server.stop(), server.stop()]);
    expect(reports).toEqual([{ unfinished: [] }, { unfinished: [] }]);
    expect(server.health().state).toBe('stopped');
  });

  test('a stopping server lets running handlers end and answer, and gives back what waits', async () => {
    const words: string[] = [];
    const finish = gate();
    const slow = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        words.push(word);
        await finish.opened;
        return { word: `${word} here` };
      },
    });
    const server = await stage.serve([slow], { drainMs: 10_000 });
    const running = call('running');
    await expect.poll(() => server.health().running).toBe(1);
    const waiting = call('waiting');
    await expect.poll(() => server.health().waiting).toBe(1);
    const stopping = server.stop();
    expect(server.health().state).toBe('draining');
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word: `${word} elsewhere` }) })]);
    expect(await waiting).toEqual({ word: 'waiting elsewhere' });
    finish.open();
    expect(await running).toEqual({ word: 'running here' });
    expect(await stopping).toEqual({ unfinished: [] });
    expect(words).toEqual(['running']);
  });

  test('a handler longer than the drain is told to stop, and its request runs again elsewhere', async () => {
    const started = gate<string>();
    const aborted = gate();
    const obeying = defineHandler(echo, {
      run: (_request, { signal, messageId }) =>
        new Promise<never>((_resolve, reject) => {
          started.open(messageId);
          signal.addEventListener('abort', () => {
            aborted.open();
            reject(signal.reason as Error);
          });
        }),
    });
    const server = await stage.serve([obeying], { drainMs: 50 });
    const answer = call('x');
    await expect.poll(() => server.health().running).toBe(1);
    expect(await server.stop()).toEqual({ unfinished: [await started.opened] });
    await aborted.opened;
    await stage.serve([answering]);
    expect(await answer).toEqual({ word: 'x' });
  });

  test('a handler that ignores the end of the drain is reported by its message id', async () => {
    const started = gate<string>();
    const ignoring = defineHandler(echo, {
      run: (_request, { messageId }) => (started.open(messageId), new Promise<never>(() => undefined)),
    });
    const server = await stage.serve([ignoring], { drainMs: 50 });
    void failureOf(call('x'));
    const id = await started.opened;
    expect(await server.stop()).toEqual({ unfinished: [id] });
  });

  test('a server stops while the broker is away', async () => {
    const server = await stage.serve([answering], { drainMs: 50 });
    await stage.world.disconnect();
    expect(await server.stop()).toEqual({ unfinished: [] });
    await stage.world.reconnect();
  });

  test('servers and clients can be disposed of by leaving their scope', async () => {
    const server = await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'x' }, { to: stage.to });
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(server.health().state).toBe('stopped');
    expect(await failureOf(client.call(echo, { word: 'x' }, { to: stage.to }))).toMatchObject({ code: 'unavailable' });
  });
});
