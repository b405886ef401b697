import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMemoryIdempotencyStore,
  createMemoryLockProvider,
  defineHandler,
  exclusive,
  startServer,
} from '../../src/index.js';
import { createMemoryIdempotencyState } from '../../src/stores/memory/records.js';
import { createMemoryLockState } from '../../src/stores/memory/lock.js';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';
import { echo, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  let clock: ManualClock;
  beforeEach(async () => {
    stage = await openStage(open);
    clock = createManualClock({ startMs: Date.now() });
  });
  afterEach(() => stage.close());

  const answering = defineHandler(echo, { run: ({ word }) => ({ word }) });
  const forever = () => new Promise<never>(() => undefined);
  const call = (word: string, options = {}) => stage.client().call(echo, { word }, { to: stage.to, ...options });

  /** A failure that must not come before `ms` have passed, and must come then. */
  async function failsAfter(failure: Promise<unknown>, ms: number): Promise<unknown> {
    let isOver = false;
    void failure.then(() => (isOver = true));
    await clock.advance(ms - 1);
    expect(isOver).toBe(false);
    await clock.advance(1);
    return failure;
  }

  test('a call waits 30 s', async () => {
    const started = gate();
    await stage.serve([defineHandler(echo, { run: () => (started.open(), forever()) })]);
    const client = stage.client({ clock });
    const failure = failureOf(client.call(echo, { word: 'x' }, { to: stage.to }));
    await started.opened;
    expect(await failsAfter(failure, 30_000)).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
  });

  test('a handler runs for at most 60 s', async () => {
    const started = gate();
    await stage.serve([defineHandler(echo, { run: () => (started.open(), forever()) })], { clock });
    const failure = failureOf(call('x', { timeoutMs: 600_000 }));
    await started.opened;
    expect(await failsAfter(failure, 60_000)).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
  });

  test('a request waits at most 10 min for its locks, then it is busy', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      timeoutMs: 900_000,
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([locked], { clock });
    const holder = call('holder', { timeoutMs: 900_000 });
    await expect.poll(() => server.health().running).toBe(1);
    const failure = failureOf(call('waiter', { timeoutMs: 900_000 }));
    await expect.poll(() => server.health().waiting).toBe(1);
    expect(await failsAfter(failure, 600_000)).toMatchObject({ code: 'busy', outcome: 'not_executed' });
    holding.open();
    await holder;
  });

  test('10,000 calls may be pending', async () => {
    await stage.serve([answering]);
    await stage.world.disconnect();
    const client = stage.client();
    const calls = Array.from({ length: 10_000 }, () => failureOf(client.call(echo, { word: 'x' }, { to: stage.to })));
    expect(client.health().pending).toBe(10_000);
    const tooMany = client.call(echo, { word: 'x' }, { to: stage.to });
    expect(await failureOf(tooMany)).toEqual({ code: 'busy', outcome: 'not_executed', retryable: true });
    await client.close();
    await Promise.all(calls);
    await stage.world.reconnect();
  });

  test('a body may have 1 MiB', async () => {
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word: String(word.length) }) })]);
    const largest = 1_048_576 - '{"word":""}'.length;
    expect(await call('x'.repeat(largest))).toEqual({ word: String(largest) });
    expect(await failureOf(call('x'.repeat(largest + 1)))).toMatchObject({
      code: 'too_large',
      outcome: 'not_executed',
    });
  });

  test('16 handlers run at once, and 256 requests more are held', async () => {
    const finish = gate();
    const server = await stage.serve([
      defineHandler(echo, { run: async ({ word }) => (await finish.opened, { word }) }),
    ]);
    const client = stage.client();
    const calls = Array.from({ length: 300 }, () => client.call(echo, { word: 'x' }, { to: stage.to }));
    await expect.poll(() => server.health().inFlight).toBe(272);
    expect(server.health().running).toBe(16);
    finish.open();
    await Promise.all(calls);
  });

  test('128 requests may wait for one lock', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([locked]);
    const client = stage.client();
    const calls = Array.from({ length: 129 }, () => client.call(echo, { word: 'x' }, { to: stage.to }));
    await expect.poll(() => server.health().waiting).toBe(128);
    expect(await failureOf(call('x'))).toMatchObject({ code: 'busy', outcome: 'not_executed' });
    holding.open();
    await Promise.all(calls);
  });

  test('240 requests may wait in all, so that a nested call of a holder still arrives', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: ({ word }) => [exclusive(word)],
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([locked]);
    const client = stage.client();
    const calls = Array.from({ length: 243 }, (_, index) =>
      client.call(echo, { word: `lock ${index % 3}` }, { to: stage.to }),
    );
    await expect.poll(() => server.health().waiting).toBe(240);
    expect(await failureOf(call('lock 0'))).toMatchObject({ code: 'busy', outcome: 'not_executed' });
    holding.open();
    await Promise.all(calls);
  });

  test('clocks may differ by 2 s', async () => {
    await stage.serve([answering], { clock });
    // Both stand still: how long anything takes changes nothing. The deadline sent is 250 ms before the caller's.
    const client = stage.client({ clock: createManualClock({ startMs: clock.now() }) });
    const late = () => client.call(echo, { word: 'x' }, { to: stage.to, timeoutMs: 60_000 });
    clock.jump(60_000 - 250 + 2_000 - 1);
    expect(await late()).toEqual({ word: 'x' });
    clock.jump(1);
    expect(await failureOf(late())).toMatchObject({ code: 'deadline_exceeded', outcome: 'not_executed' });
  });

  test('a claim is leased for 10 s, and a lock for 30 s', async () => {
    const claims = createMemoryIdempotencyState();
    const locks = createMemoryLockState();
    const crashed = {
      idempotency: createMemoryIdempotencyStore({ state: claims, clock }),
      locks: createMemoryLockProvider({ state: locks, clock }),
    };
    let runs = 0;
    const locked = defineHandler(echo, {
      locks: ({ word }) => (word === 'locked' ? [exclusive('one')] : []),
      run: ({ word }) => (++runs <= 2 ? forever() : { word }),
    });
    const transport = stage.transport();
    const server = await stage.serve([locked], { ...crashed, transport });
    const keyed = call('keyed', { idempotencyKey: 'k' });
    const holding = call('locked');
    await expect.poll(() => server.health().running).toBe(2);
    await Promise.all([crashed.idempotency.close(), crashed.locks.close(), transport.close()]);
    const next = await stage.serve([locked], {
      idempotency: createMemoryIdempotencyStore({ state: claims, clock }),
      locks: createMemoryLockProvider({ state: locks, clock }),
    });
    await expect.poll(() => next.health().waiting).toBe(2);
    await clock.advance(9_999);
    expect(next.health().waiting).toBe(2);
    await clock.advance(1);
    expect(await keyed).toEqual({ word: 'keyed' });
    await clock.advance(19_999);
    expect(next.health().waiting).toBe(1);
    await clock.advance(1);
    expect(await holding).toEqual({ word: 'locked' });
  });

  test('answers are stored for 24 h', async () => {
    let runs = 0;
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word: `${word} ${++runs}` }) })], {
      idempotency: createMemoryIdempotencyStore({ clock }),
    });
    const keyed = () => call('x', { idempotencyKey: 'k' });
    expect(await keyed()).toEqual({ word: 'x 1' });
    await clock.advance(86_400_000 - 1);
    expect(await keyed()).toEqual({ word: 'x 1' });
    await clock.advance(1);
    expect(await keyed()).toEqual({ word: 'x 2' });
  });

  test('running handlers have 25 s to end when a server stops', async () => {
    const started = gate();
    let isAborted = false;
    const obeying = defineHandler(echo, {
      run: (_request, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            isAborted = true;
            reject(signal.reason as Error);
          });
          started.open();
        }),
    });
    const transport = stage.transport();
    const server = await startServer({ transport, address: stage.to, handlers: [obeying], clock });
    void failureOf(call('x', { timeoutMs: 600_000 }));
    await started.opened;
    const stopping = server.stop();
    await clock.advance(24_999);
    expect(isAborted).toBe(false);
    await clock.advance(1);
    expect(isAborted).toBe(true);
    await clock.advance(10_000);
    await stopping;
  });
});
