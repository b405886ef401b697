import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCancels } from '../../src/core/cancels.js';
import {
  defineAction,
  defineHandler,
  exclusive,
  type Message,
  type ServerOptions,
  type Transport,
} from '../../src/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { echo, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  const cancelled = { code: 'cancelled', outcome: 'unknown', retryable: false };
  const cancelOf = (id: string): Message => ({
    id: `cancel-${id}`,
    action: 'samovar.cancel',
    body: '{}',
    headers: {},
    correlationId: id,
  });

  /** A worker that notes how each of its requests ended. */
  async function serve(
    run: (word: string, signal: AbortSignal) => Promise<void>,
    options: Partial<ServerOptions> = {},
  ) {
    const started: string[] = [];
    const ends: { id: string; code: string | undefined; outcome: string | undefined }[] = [];
    const handler = defineHandler(echo, {
      locks: ({ word }) => [exclusive(word.split(' ')[0] ?? '')],
      async run({ word }, { signal }) {
        started.push(word);
        await run(word, signal);
        return { word };
      },
    });
    const hooks = {
      onEnd: ({ id }: { id: string }, { code, outcome }: { code?: string | undefined; outcome?: string | undefined }) =>
        void ends.push({ id, code, outcome }),
    };
    const server = await stage.serve([handler], { hooks, ...options });
    return { server, started, ends };
  }

  /** A cancel waits for no connection: it is never the first that is sent. */
  const warmUp = (transport: Transport) =>
    transport.send(stage.to, { id: 'first', action: 'echo', body: '{}', headers: {} });

  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });

  test('a call that waits for a lock never runs once its caller gives up, and leaves the line', async () => {
    const first = gate();
    const { server, started, ends } = await serve(() => first.opened);
    const client = stage.client();
    const holding = client.call(echo, { word: 'pool one' }, { to: stage.to });
    await expect.poll(() => started).toEqual(['pool one']);
    const abort = new AbortController();
    const waiting = client.call(echo, { word: 'pool two' }, { to: stage.to, signal: abort.signal });
    await expect.poll(() => server.health().waiting).toBe(1);
    abort.abort();
    expect(await failureOf(waiting)).toEqual(cancelled);
    await expect.poll(() => server.health().waiting).toBe(0);
    await expect.poll(() => ends).toMatchObject([{ code: 'cancelled', outcome: 'not_executed' }]);
    first.open();
    expect(await holding).toEqual({ word: 'pool one' });
    expect(await client.call(echo, { word: 'pool three' }, { to: stage.to })).toEqual({ word: 'pool three' });
    expect(started).toEqual(['pool one', 'pool three']);
  });

  test('the signal of a handler aborts once its caller gives up', async () => {
    let reason: unknown;
    const { started, ends } = await serve(async (_word, signal) => {
      await untilAborted(signal).catch((error: unknown) => {
        reason = error;
        throw error;
      });
    });
    const abort = new AbortController();
    const call = stage.client().call(echo, { word: 'x' }, { to: stage.to, signal: abort.signal });
    await expect.poll(() => started).toEqual(['x']);
    abort.abort();
    expect(await failureOf(call)).toEqual(cancelled);
    await expect.poll(() => ends).toMatchObject([{ code: 'cancelled', outcome: 'unknown' }]);
    expect(reason).toMatchObject({ code: 'cancelled' });
  });

  test('a cancel that comes before its request is remembered, and the request refused when it comes', async () => {
    const { server, started, ends } = await serve(async () => undefined);
    const caller = stage.transport();
    const inbox = await caller.openInbox({ receive: () => undefined, lost: () => undefined });
    await warmUp(caller);
    await expect.poll(() => ends.length).toBe(1);
    const request = { action: 'echo', body: '{"word":"x"}', headers: {}, replyTo: inbox.address };
    const send = (id: string) => caller.send(stage.to, { ...request, id, correlationId: id });
    await caller.send(stage.to, cancelOf('early'), { control: true });
    // On a real broker each goes its own way.
    await expect.poll(() => server.health().transport.counters['control_received'] ?? 1).toBe(1);
    await send('early');
    await expect.poll(() => ends.at(-1)).toEqual({ id: 'early', code: 'cancelled', outcome: 'not_executed' });
    expect(started).toEqual([]);
    await send('later');
    await expect.poll(() => ends.at(-1)).toEqual({ id: 'later', code: undefined, outcome: undefined });
    expect(started).toEqual(['x']);
    expect(server.health().red).toEqual([]);
  });

  test('what an operator redrives runs, though its caller had given it up', async () => {
    const aside = await stage.transport().consume(stage.to, { actions: ['echo'], intake: 1 }, async () => {
      return { kind: 'quarantine', reason: 'broken' };
    });
    const caller = stage.transport();
    const quarantine = stage.world.quarantine?.(stage.to);
    await caller.send(stage.to, { id: 'given up', action: 'echo', headers: {}, body: '{"word":"x"}' });
    await expect.poll(async () => (await quarantine?.list())?.total).toBe(1);
    await aside.stop();
    const { server, started } = await serve(async () => undefined);
    await caller.send(stage.to, cancelOf('given up'), { control: true });
    await expect.poll(() => server.health().transport.counters['control_received'] ?? 1).toBe(1);
    await quarantine?.redrive();
    await expect.poll(() => started).toEqual(['x']);
  });

  test("a third user's cancel changes nothing: not of what runs, which is counted, and not of what comes later", async () => {
    const end = gate();
    const { server, started, ends } = await serve(() => end.opened);
    const ann = stage.transport('ann');
    const bob = stage.transport('bob');
    await warmUp(bob);
    const request = { action: 'echo', body: '{"word":"x"}', headers: {} };
    await ann.send(stage.to, { ...request, id: 'known' });
    await expect.poll(() => started.length).toBe(1);
    await bob.send(stage.to, cancelOf('known'), { control: true });
    await expect.poll(() => server.health().counters['refused_cancels']).toBe(1);
    await bob.send(stage.to, cancelOf('unknown'), { control: true });
    await bob.send(stage.to, cancelOf('known'), { control: true });
    await expect.poll(() => server.health().counters['refused_cancels']).toBe(2);
    await ann.send(stage.to, { ...request, body: '{"word":"y"}', id: 'unknown' });
    await expect.poll(() => started.length).toBe(2);
    end.open();
    await expect
      .poll(() => ends.filter(({ id }) => id !== 'first').map(({ code }) => code))
      .toEqual([undefined, undefined]);
  });

  test('a broker that goes away before the cancel breaks nothing', async () => {
    const end = gate();
    const { started } = await serve(() => end.opened);
    const client = stage.client();
    const abort = new AbortController();
    const call = client.call(echo, { word: 'x' }, { to: stage.to, signal: abort.signal });
    await expect.poll(() => started).toEqual(['x']);
    await stage.world.disconnect();
    abort.abort();
    expect(await failureOf(call)).toEqual(cancelled);
    end.open();
    await stage.world.reconnect();
    expect(await client.call(echo, { word: 'y' }, { to: stage.to })).toEqual({ word: 'y' });
    const again = new AbortController();
    const ending = gate();
    const later = defineHandler(echo, {
      run: async (_request, { signal }) => untilAborted(signal).finally(() => ending.open()) as Promise<never>,
    });
    const elsewhere = await stage.serve([later], { address: `${stage.to}-2` });
    const second = failureOf(client.call(echo, { word: 'z' }, { to: `${stage.to}-2`, signal: again.signal }));
    await expect.poll(() => elsewhere.health().running).toBe(1);
    again.abort();
    expect(await second).toEqual(cancelled);
    await ending.opened;
  });

  test('a nested call is cancelled with the call that it is made for', async () => {
    const inner = gate();
    const innermost = await stage.serve(
      [
        defineHandler(echo, {
          run: async (_request, { signal }) => untilAborted(signal).finally(() => inner.open()) as Promise<never>,
        }),
      ],
      { address: `${stage.to}-inner` },
    );
    const outer = defineAction({ ...echo, name: 'outer' });
    await stage.serve([
      defineHandler(outer, {
        run: ({ word }, { client }) => client.call(echo, { word }, { to: `${stage.to}-inner` }),
      }),
    ]);
    const abort = new AbortController();
    const call = failureOf(stage.client().call(outer, { word: 'x' }, { to: stage.to, signal: abort.signal }));
    await expect.poll(() => innermost.health().running).toBe(1);
    abort.abort();
    expect(await call).toEqual(cancelled);
    await inner.opened;
  });

  test('a thousand calls given up at once disturb no other', async () => {
    const { started } = await serve((_word, signal) => untilAborted(signal), { concurrency: 4, maxWaiting: 2_000 });
    const quiet = `${stage.to}-quiet`;
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word }) })], { address: quiet });
    const client = stage.client();
    const abort = new AbortController();
    const calls = Array.from({ length: 1_000 }, (_, nth) =>
      failureOf(client.call(echo, { word: `pool-${nth}` }, { to: stage.to, signal: abort.signal, timeoutMs: 60_000 })),
    );
    await expect.poll(() => started.length).toBe(4);
    abort.abort();
    expect(await client.call(echo, { word: 'y' }, { to: quiet })).toEqual({ word: 'y' });
    expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set(['cancelled']));
    expect(client.health().pending).toBe(0);
  });
});

test('ten thousand cancels are remembered, for five minutes', async () => {
  const clock = createManualClock();
  const cancels = createCancels(clock);
  for (let nth = 0; nth <= 10_000; nth += 1) cancels.add(`id-${nth}`, 'ann');
  expect([cancels.take('id-0', 'ann'), cancels.take('id-1', 'ann'), cancels.take('id-1', 'ann')]).toEqual([
    false,
    true,
    false,
  ]);
  cancels.add('shared', 'ann');
  cancels.add('shared', 'bob');
  expect([cancels.take('shared', undefined), cancels.take('shared', 'ann')]).toEqual([false, true]);
  await clock.advance(299_999);
  expect(cancels.take('id-9998', 'ann')).toBe(true);
  await clock.advance(1);
  expect([cancels.take('id-9999', 'ann'), cancels.take('shared', 'bob')]).toEqual([false, false]);
});
