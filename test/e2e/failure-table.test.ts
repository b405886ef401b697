import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createMemoryIdempotencyStore,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  RetryLater,
  type IdempotencyStore,
  type LockProvider,
} from '../../src/index.js';
import { createMemoryIdempotencyState } from '../../src/stores/memory/records.js';
import { echo, errorOf, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  const answering = defineHandler(echo, { run: ({ word }) => ({ word }) });
  const call = (word: string, options = {}) => stage.client().call(echo, { word }, { to: stage.to, ...options });
  const never = defineHandler(echo, { run: () => new Promise<never>(() => undefined) });
  const fail = (code: string, outcome: string, retryable = false) => ({ code, outcome, retryable });

  test('a valid answer is the value, without what its schema does not know', async () => {
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word, secret: 'x' }) as { word: string } })]);
    expect(await call('hello')).toEqual({ word: 'hello' });
  });

  test('a request that its schema refuses is invalid_request, not executed, with every issue', async () => {
    let runs = 0;
    const strict = defineAction({ ...echo, request: z.object({ word: z.string().min(3), again: z.number() }) });
    await stage.serve([defineHandler(strict, { run: ({ word }) => (runs++, { word }) })]);
    const error = await errorOf(call('x'));
    expect(error).toMatchObject(fail('invalid_request', 'not_executed'));
    const issues = error.details?.['errors'] as { location: string[]; message: string; type: string }[];
    expect(issues.map(({ location }) => location)).toEqual([['word'], ['again']]);
    expect(runs).toBe(0);
  });

  test('a request that the caller itself finds invalid or too large is never sent', async () => {
    expect(await failureOf(stage.client().call(echo, { word: 1 as never }, { to: 'nobody' }))).toEqual(
      fail('invalid_request', 'not_executed'),
    );
    expect(await failureOf(call('x'.repeat(1024 * 1024)))).toEqual(fail('too_large', 'not_executed'));
  });

  test('an action without a handler is unknown_action, not executed', async () => {
    const other = defineAction({ ...echo, name: 'other' });
    const before = await stage.serve([answering, defineHandler(other, { run: ({ word }) => ({ word }) })]);
    await before.stop();
    await stage.serve([answering]);
    const unknown = stage.client().call(other, { word: 'x' }, { to: stage.to });
    expect(await failureOf(unknown)).toEqual(fail('unknown_action', 'not_executed'));
  });

  test('a caller that authorize refuses is forbidden, not executed', async () => {
    const asked: unknown[] = [];
    await stage.serve([answering], {
      authorize: ({ caller, action, address }) => {
        asked.push({ known: caller !== undefined, action, address });
        return false;
      },
    });
    expect(await failureOf(call('x'))).toEqual(fail('forbidden', 'not_executed'));
    expect(asked).toEqual([{ known: true, action: 'echo', address: stage.to }]);
  });

  test('a declared error is failed, executed, with its name and typed data', async () => {
    await stage.serve([defineHandler(echo, { run: () => Promise.reject(failed('too_loud', { decibels: 90 })) })]);
    const error = await errorOf(call('x'));
    expect(error).toMatchObject(fail('failed', 'executed'));
    expect(error.declared).toEqual({ name: 'too_loud', data: { decibels: 90 } });
  });

  test.each([
    ['an error', new Error('db at 10.0.0.1 is gone')],
    ['undefined', undefined],
    ['a text', 'oops'],
    ['an error that the action does not declare', failed('unheard_of', {})],
  ])('a handler that throws %s is internal, unknown, and tells nothing but an id', async (_, thrown) => {
    await stage.serve([defineHandler(echo, { run: () => Promise.reject(thrown as Error) })]);
    const error = await errorOf(call('x'));
    expect(error).toMatchObject(fail('internal', 'unknown'));
    expect(error.message).toContain(error.id);
    expect(JSON.stringify(error) + error.message).not.toMatch(/10\.0\.0\.1|oops|unheard_of/);
  });

  const anything = defineAction({
    name: 'anything',
    summary: 'Answers anything.',
    request: z.object({}),
    response: z.any(),
  });
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  test.each([
    ['breaks its schema', echo, { word: 1 }],
    ['is a BigInt', anything, 1n],
    ['is a cycle', anything, cycle],
    ['is a function', anything, () => 1],
    ['is larger than the transport carries', anything, 'x'.repeat(1024 * 1024)],
  ])('a response that %s is internal, executed', async (_, action, value) => {
    await stage.serve([defineHandler(action, { run: () => value as never })]);
    const wrong = stage.client().call(action, { word: 'x' }, { to: stage.to });
    expect(await failureOf(wrong)).toEqual(fail('internal', 'executed'));
  });

  test('a one-way request whose handler throws is tried five times, then set aside with the reason', async () => {
    const attempts: number[] = [];
    const over = gate();
    const failing = defineHandler(echo, {
      retry: { firstDelayMs: 1, factor: 1 },
      run({ word }, { attempt }) {
        if (word === 'marker') over.open();
        else attempts.push(attempt);
        throw new Error('no');
      },
    });
    const server = await stage.serve([failing], { concurrency: 1 });
    await stage.client().send(echo, { word: 'x' }, { to: stage.to });
    await expect.poll(() => server.health().counters['internal']).toBe(1);
    await stage.client().send(echo, { word: 'marker' }, { to: stage.to });
    await over.opened;
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    await server.stop();
    expect(await stage.world.quarantined(stage.to)).toContain('internal');
  });

  test('a request whose deadline passes while it waits for a lock is deadline_exceeded, not executed, and never starts', async () => {
    const words: string[] = [];
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        words.push(word);
        if (word === 'holder') await holding.opened;
        return { word };
      },
    });
    await stage.serve([locked]);
    const holder = call('holder');
    await expect.poll(() => words).toEqual(['holder']);
    expect(await failureOf(call('late', { timeoutMs: 2_500 }))).toEqual(fail('deadline_exceeded', 'not_executed'));
    holding.open();
    await holder;
    await call('marker');
    expect(words).toEqual(['holder', 'marker']);
  });

  test('a request that expires in the queue is deadline_exceeded, unknown, at its timeout, and never starts', async () => {
    const words: string[] = [];
    const recording = defineHandler(echo, { run: ({ word }) => (words.push(word), { word }) });
    await (await stage.serve([recording])).stop();
    expect(await failureOf(call('late', { timeoutMs: 2_000 }))).toEqual(fail('deadline_exceeded', 'unknown'));
    await stage.serve([recording]);
    await call('marker');
    expect(words).toEqual(['marker']);
  });

  test('a deadline that passes while the handler runs is deadline_exceeded, unknown, and aborts its signal', async () => {
    const aborted = gate<unknown>();
    const obeying = defineHandler(echo, {
      run: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.open(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    await stage.serve([obeying]);
    expect(await failureOf(call('x', { timeoutMs: 2_000 }))).toEqual(fail('deadline_exceeded', 'unknown'));
    expect(await aborted.opened).toMatchObject({ code: 'deadline_exceeded' });
  });

  test("a handler's own timeoutMs is answered like a deadline", async () => {
    await stage.serve([defineHandler(echo, { timeoutMs: 50, run: () => new Promise<never>(() => undefined) })]);
    expect(await failureOf(call('x', { timeoutMs: 10_000 }))).toEqual(fail('deadline_exceeded', 'unknown'));
  });

  test('a second request with a running key waits for that run and gets its answer', async () => {
    let runs = 0;
    const running = gate();
    const slow = defineHandler(echo, {
      async run({ word }) {
        runs++;
        await running.opened;
        return { word };
      },
    });
    const server = await stage.serve([slow]);
    const both = [call('x', { idempotencyKey: 'k' }), call('x', { idempotencyKey: 'k' })];
    await expect.poll(() => server.health().waiting).toBe(1);
    running.open();
    expect(await Promise.all(both)).toEqual([{ word: 'x' }, { word: 'x' }]);
    expect(await call('x', { idempotencyKey: 'k' })).toEqual({ word: 'x' });
    expect(runs).toBe(1);
  });

  test('a key used for another request is key_mismatch, not executed', async () => {
    await stage.serve([answering]);
    await call('x', { idempotencyKey: 'k' });
    expect(await failureOf(call('y', { idempotencyKey: 'k' }))).toEqual(fail('key_mismatch', 'not_executed'));
  });

  test('a lock lost while the handler runs is unavailable, unknown, and the result is not recorded', async () => {
    let loss = new AbortController();
    const losing: LockProvider = {
      hold(_keys, _options, work) {
        loss = new AbortController();
        return work({ fence: 1, signal: loss.signal });
      },
      close: async () => undefined,
    };
    let runs = 0;
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        if (++runs === 1) loss.abort(new Error('not renewed'));
        return { word };
      },
    });
    await stage.serve([locked], { locks: losing });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toEqual(fail('unavailable', 'unknown'));
    expect(await call('x', { idempotencyKey: 'k' })).toEqual({ word: 'x' });
    expect(runs).toBe(2);
  });

  test('a claim lost while the handler runs is unavailable, unknown', async () => {
    const store = createMemoryIdempotencyStore();
    const losing: IdempotencyStore = {
      ...store,
      async claim(key, fingerprint, owner) {
        const claim = await store.claim(key, fingerprint, owner);
        return claim.state === 'fresh' ? { ...claim, settle: async () => 'lost' as const } : claim;
      },
    };
    await stage.serve([answering], { idempotency: losing });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toEqual(fail('unavailable', 'unknown'));
  });

  test('a store that is away is unavailable, not executed, retryable', async () => {
    const store = createMemoryIdempotencyStore();
    await store.close();
    await stage.serve([answering], { idempotency: store });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toEqual(fail('unavailable', 'not_executed', true));
  });

  test('one waiter too many for a lock is busy, not executed, retryable', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        await holding.opened;
        return { word };
      },
    });
    const server = await stage.serve([locked], { maxWaitingPerKey: 1 });
    const first = [call('a'), call('b')];
    await expect.poll(() => server.health().waiting).toBe(1);
    expect(await failureOf(call('c'))).toEqual(fail('busy', 'not_executed', true));
    holding.open();
    await Promise.all(first);
  });

  /** As a durable store would behave, for the time of a test. */
  const durable = (store: IdempotencyStore): IdempotencyStore => ({ ...store, durable: true });

  test("a run that crashed with onCrash 'park' is crashed, unknown, within the claim's lease, and set aside", async () => {
    const state = createMemoryIdempotencyState();
    const leaseMs = 300;
    const doomed = createMemoryIdempotencyStore({ state, leaseMs });
    const started = gate();
    let runs = 0;
    const parking = defineHandler(echo, {
      onCrash: 'park',
      run() {
        runs++;
        started.open();
        return new Promise<never>(() => undefined);
      },
    });
    const transport = stage.transport();
    const options = { fingerprintKey: 'test' };
    await stage.serve([parking], { ...options, transport, idempotency: durable(doomed) });
    const crashing = failureOf(call('x'));
    await started.opened;
    await doomed.close();
    await transport.close();
    const next = createMemoryIdempotencyStore({ state, leaseMs });
    const server = await stage.serve([parking], { ...options, idempotency: durable(next) });
    expect(await crashing).toEqual(fail('crashed', 'unknown'));
    expect(runs).toBe(1);
    await server.stop();
    // The caller is told first.
    await expect.poll(() => stage.world.quarantined(stage.to)).toEqual(['crashed']);
  });

  test('a request that was given up is set aside, also if the worker that recorded that died before it did so', async () => {
    const state = createMemoryIdempotencyState();
    const leaseMs = 300;
    const started = gate();
    const over = gate<never>();
    const parking = defineHandler(echo, {
      onCrash: 'park',
      run: () => (started.open(), over.opened),
    });
    const options = { fingerprintKey: 'test' };
    const [first, second] = [stage.transport(), stage.transport()];
    const doomed = createMemoryIdempotencyStore({ state, leaseMs });
    await stage.serve([parking], { ...options, transport: first, idempotency: durable(doomed) });
    await stage.client().send(echo, { word: 'x' }, { to: stage.to });
    await started.opened;
    await doomed.close();
    await first.close();
    const recorded = gate();
    const store = createMemoryIdempotencyStore({ state, leaseMs });
    const dying: IdempotencyStore = {
      ...durable(store),
      async read(key) {
        const found = await store.read(key);
        if (found.state !== 'abandoned') return found;
        const park = async (reply: string) => {
          await found.park(reply);
          recorded.open();
          return over.opened;
        };
        return { ...found, park };
      },
    };
    await stage.serve([parking], { ...options, transport: second, idempotency: dying });
    await recorded.opened;
    await second.close();
    await stage.serve([parking], { ...options, idempotency: durable(store) });
    await expect.poll(() => stage.world.quarantined(stage.to)).toEqual(['crashed']);
    over.open(undefined as never);
  });

  test("a run that crashed with onCrash 'retry' runs again, and is poisoned after five starts", async () => {
    const state = createMemoryIdempotencyState();
    let runs = 0;
    const crashing = defineHandler(echo, { run: () => (runs++, new Promise<never>(() => undefined)) });
    let answer: ReturnType<typeof failureOf> | undefined;
    for (let start = 1; start <= 5; start++) {
      const store = createMemoryIdempotencyStore({ state, leaseMs: 30 });
      const transport = stage.transport();
      await stage.serve([crashing], { transport, idempotency: store });
      answer ??= failureOf(call('x', { idempotencyKey: 'k' }));
      await expect.poll(() => runs).toBe(start);
      await store.close();
      await transport.close();
    }
    const server = await stage.serve([crashing], { idempotency: createMemoryIdempotencyStore({ state, leaseMs: 30 }) });
    expect(await answer).toEqual(fail('poisoned', 'unknown'));
    expect(runs).toBe(5);
    await server.stop();
    // The caller is told first.
    await expect.poll(() => stage.world.quarantined(stage.to)).toEqual(['poisoned']);
  });

  test('a reply that breaks the response schema of the caller is invalid_reply, executed, with every issue', async () => {
    await stage.serve([answering]);
    const newer = defineAction({ ...echo, response: z.object({ word: z.string(), volume: z.number() }) });
    const error = await errorOf(stage.client().call(newer, { word: 'x' }, { to: stage.to }));
    expect(error).toMatchObject(fail('invalid_reply', 'executed'));
    expect(error.details?.['errors']).toMatchObject([{ location: ['volume'] }]);
  });

  test("a queue that nobody consumes is no_worker, not executed, retryable, with whenAbsent 'fail'", async () => {
    await (await stage.serve([answering])).stop();
    expect(await failureOf(call('x', { whenAbsent: 'fail' }))).toEqual(fail('no_worker', 'not_executed', true));
  });

  test("a queue that nobody consumes is waited for with whenAbsent 'wait'", async () => {
    await (await stage.serve([answering])).stop();
    const waiting = call('x');
    await stage.serve([answering]);
    expect(await waiting).toEqual({ word: 'x' });
  });

  test('an address that nobody ever served is unroutable, not executed, retryable', async () => {
    await stage.serve([answering]);
    expect(await failureOf(call('x', { to: 'nowhere' }))).toEqual(fail('unroutable', 'not_executed', true));
    const unheard = defineAction({ ...echo, name: 'unheard' });
    const missing = stage.client().call(unheard, { word: 'x' }, { to: stage.to });
    expect(await failureOf(missing)).toEqual(fail('unroutable', 'not_executed', true));
  });

  test('a call made while disconnected is sent after the reconnect', async () => {
    await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'first' }, { to: stage.to });
    await stage.world.disconnect();
    const waiting = client.call(echo, { word: 'x' }, { to: stage.to });
    await stage.world.reconnect();
    expect(await waiting).toEqual({ word: 'x' });
  });

  test('a call that stays disconnected until its deadline is unavailable, not executed, retryable', async () => {
    await stage.serve([answering]);
    const client = stage.client();
    await client.call(echo, { word: 'first' }, { to: stage.to });
    await stage.world.disconnect();
    const cut = client.call(echo, { word: 'x' }, { to: stage.to, timeoutMs: 200 });
    expect(await failureOf(cut)).toEqual(fail('unavailable', 'not_executed', true));
    await stage.world.reconnect();
  });

  test('a confirmed call outlives a cut of both sides, and its handler is not disturbed', async () => {
    const started = gate();
    const finish = gate();
    let runs = 0;
    const slow = defineHandler(echo, {
      async run({ word }, { signal }) {
        runs++;
        started.open();
        await finish.opened;
        return { word: `${word} ${signal.aborted}` };
      },
    });
    await stage.serve([slow]);
    const waiting = call('x');
    await started.opened;
    await stage.world.disconnect();
    await stage.world.reconnect();
    finish.open();
    expect(await waiting).toEqual({ word: 'x false' });
    expect(runs).toBe(1);
  });

  test('RetryLater is tried again within its attempts, then busy, unknown', async () => {
    const attempts: number[] = [];
    const later = defineHandler(echo, {
      run({ word }, { attempt }) {
        attempts.push(attempt);
        if (word === 'twice' && attempt === 2) return { word };
        throw new RetryLater(1);
      },
    });
    await stage.serve([later]);
    expect(await call('twice')).toEqual({ word: 'twice' });
    expect(await failureOf(call('never'))).toEqual(fail('busy', 'unknown'));
    expect(attempts).toEqual([1, 2, 1, 2, 3, 4, 5]);
  });

  test('RetryLater for longer than a run may take is tried again all the same', async () => {
    const attempts: number[] = [];
    const later = defineHandler(echo, {
      timeoutMs: 100,
      run({ word }, { attempt }) {
        attempts.push(attempt);
        if (attempt === 1) throw new RetryLater(200);
        return { word };
      },
    });
    await stage.serve([later]);
    await stage.client().send(echo, { word: 'one-way' }, { to: stage.to });
    await expect.poll(() => attempts).toEqual([1, 2]);
    expect(await call('x')).toEqual({ word: 'x' });
  });

  test('RetryLater past the deadline is busy, unknown, at once', async () => {
    await stage.serve([defineHandler(echo, { run: () => Promise.reject(new RetryLater(60_000)) })]);
    expect(await failureOf(call('x'))).toEqual(fail('busy', 'unknown'));
  });

  test("a nested call that needs its parent's lock is deadlock, not executed, at once", async () => {
    const outer = defineAction({ ...echo, name: 'outer' });
    const locks = () => [exclusive('one')];
    const nested = gate<unknown>();
    await stage.serve([
      defineHandler(echo, { locks, run: ({ word }) => ({ word }) }),
      defineHandler(outer, {
        locks,
        async run({ word }, { client }) {
          nested.open(await failureOf(client.call(echo, { word }, { to: stage.to })));
          return { word };
        },
      }),
    ]);
    await stage.client().call(outer, { word: 'x' }, { to: stage.to });
    expect(await nested.opened).toEqual(fail('deadlock', 'not_executed'));
  });

  test('a call that its caller gives up before or after it is sent is cancelled', async () => {
    const started = gate();
    await stage.serve([defineHandler(echo, { run: () => (started.open(), new Promise<never>(() => undefined)) })]);
    expect(await failureOf(call('x', { signal: AbortSignal.abort() }))).toEqual(fail('cancelled', 'not_executed'));
    const giveUp = new AbortController();
    const sent = failureOf(call('x', { signal: giveUp.signal }));
    await started.opened;
    giveUp.abort();
    expect(await sent).toEqual(fail('cancelled', 'unknown'));
  });

  test('one pending call too many is busy, not executed, retryable', async () => {
    await stage.serve([never]);
    const client = stage.client({ maxPendingCalls: 1 });
    const first = failureOf(client.call(echo, { word: 'x' }, { to: stage.to }));
    const second = client.call(echo, { word: 'x' }, { to: stage.to });
    expect(await failureOf(second)).toEqual(fail('busy', 'not_executed', true));
    await client.close();
    expect(await first).toMatchObject({ code: 'unavailable' });
  });
});
