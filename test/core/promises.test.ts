import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createMemoryIdempotencyStore,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  RetryLater,
  RpcError,
  startServer,
  type Claim,
  type IdempotencyStore,
  type LockProvider,
  type Message,
  type Receive,
  type Transport,
} from '../../src/index.js';
import { createMemoryIdempotencyState } from '../../src/stores/memory/records.js';
import { createManualClock } from '../../src/testing/index.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import { changed } from '../conformance/mutants-making.js';
import { echo, errorOf, failureOf, gate, openStage, type Stage } from '../e2e/stage.js';
import { openMemoryWorld } from '../e2e/worlds.js';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage(openMemoryWorld);
});
afterEach(() => stage.close());

const outer = defineAction({ ...echo, name: 'outer' });
const forever = () => new Promise<never>(() => undefined);
const answering = defineHandler(echo, { run: ({ word }) => ({ word }) });
const call = (word: string, options = {}) => stage.client().call(echo, { word }, { to: stage.to, ...options });

describe('one-way requests', () => {
  test('that lose their lock before they start are kept, not forgotten', async () => {
    const losing: LockProvider = {
      hold: (_keys, _options, work) => work({ fence: 1, signal: AbortSignal.abort(new Error('lost')) }),
      close: async () => undefined,
    };
    const locked = defineHandler(echo, { locks: () => [exclusive('one')], run: ({ word }) => ({ word }) });
    const server = await stage.serve([locked], { locks: losing });
    await stage.client().send(echo, { word: 'x' }, { to: stage.to });
    await expect.poll(() => server.health().counters['retry']).toBe(1);
  });

  test('with a short time that meet a full line come again while there is time', async () => {
    const clock = createManualClock({ startMs: Date.now() });
    const holding = gate();
    const words: string[] = [];
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        if (word === 'holder') await holding.opened;
        words.push(word);
        return { word };
      },
    });
    const broker = createMemoryBroker({ clock });
    const server = await startServer({
      ...{ transport: broker.connect(), address: 'n', handlers: [locked], clock, maxWaitingPerKey: 1 },
    });
    const sender = stage.client({ transport: broker.connect(), clock });
    for (const word of ['holder', 'first', 'late']) {
      await sender.send(echo, { word }, { to: 'n', ...(word === 'late' && { timeoutMs: 9_000 }) });
    }
    await expect.poll(() => server.health().counters['retry']).toBe(1);
    holding.open();
    await clock.advance(9_000);
    expect(words).toEqual(['holder', 'first', 'late']);
    const stopping = server.stop();
    await clock.advance(30_000);
    await stopping;
  });
});

describe('requests that share a run', () => {
  const sharing = (run: (word: string) => Promise<string>) =>
    defineHandler(echo, {
      locks: () => [exclusive('pool')],
      coalesce: () => 'same',
      retry: { attempts: 2, firstDelayMs: 1, factor: 1 },
      run: async ({ word }) => ({ word: await run(word) }),
    });
  const blocker = defineHandler(outer, {
    locks: () => [exclusive('pool')],
    run: async ({ word }) => (await blocked.opened, { word }),
  });
  let blocked = gate();

  /** Starts requests that all wait behind one lock, then lets them go. */
  async function together(run: (word: string) => Promise<string>, start: (() => Promise<unknown>)[]) {
    blocked = gate();
    const server = await stage.serve([sharing(run), blocker]);
    const holder = stage.client().call(outer, { word: 'x' }, { to: stage.to });
    await expect.poll(() => server.health().running).toBe(1);
    const results: Promise<PromiseSettledResult<unknown>[]>[] = [];
    for (const [index, begin] of start.entries()) {
      results.push(Promise.allSettled([begin()]));
      await expect.poll(() => server.health().inFlight).toBe(2 + index);
    }
    blocked.open();
    await holder;
    return { server, results: (await Promise.all(results)).flat() };
  }

  test('share no failure that a repeat would not hear: a one-way follower is retried and set aside', async () => {
    let runs = 0;
    const oneWay = () => stage.client().send(echo, { word: 'x' }, { to: stage.to });
    const failing = async () => {
      runs++;
      throw new Error('no');
    };
    const { server, results } = await together(failing, [() => failureOf(call('x')), oneWay]);
    expect(results[0]).toMatchObject({ value: { code: 'internal' } });
    await expect.poll(() => stage.world.quarantined(stage.to)).toEqual(['internal']);
    expect(runs).toBe(3);
    expect(server.health().inFlight).toBe(0);
  });

  test('go on when the first of them is given up', async () => {
    const giveUp = new AbortController();
    const running = gate();
    let runs = 0;
    const { results } = await together(
      async (word) => {
        if (++runs === 1) {
          giveUp.abort();
          await running.opened;
          throw new Error('aborted');
        }
        return `${word} ${runs}`;
      },
      [
        () => failureOf(call('x', { signal: giveUp.signal })).finally(() => running.open()),
        () => call('x'),
        () => call('x'),
      ],
    );
    expect(results[0]).toMatchObject({ value: { code: 'cancelled' } });
    for (const result of results.slice(1)) expect(JSON.stringify(result)).toMatch(/"word":"x [23]"/);
  });

  test('are one effect for each of their keys, on every worker of the store', async () => {
    const store = createMemoryIdempotencyStore();
    const running = gate();
    let runs = 0;
    const handlers = [
      defineHandler(echo, {
        locks: () => [exclusive('pool')],
        coalesce: () => 'same',
        async run({ word }) {
          runs++;
          await running.opened;
          return { word };
        },
      }),
      blocker,
    ];
    blocked = gate();
    const first = await stage.serve(handlers, { idempotency: store, address: 'first' });
    const second = await stage.serve(handlers, { idempotency: store, address: 'second' });
    const holder = stage.client().call(outer, { word: 'x' }, { to: 'first' });
    await expect.poll(() => first.health().running).toBe(1);
    const leader = call('x', { to: 'first' });
    await expect.poll(() => first.health().waiting).toBe(1);
    const follower = call('x', { to: 'first', idempotencyKey: 'k' });
    await expect.poll(() => first.health().waiting).toBe(2);
    blocked.open();
    await expect.poll(() => runs).toBe(1);
    const repeat = call('x', { to: 'second', idempotencyKey: 'k' });
    await expect.poll(() => second.health().waiting).toBe(1);
    running.open();
    expect(await Promise.all([holder, leader, follower, repeat])).toEqual(
      Array.from({ length: 4 }, () => ({ word: 'x' })),
    );
    expect(runs).toBe(1);
  });
});

describe('nested requests', () => {
  const nesting = (options = {}) =>
    defineHandler(outer, {
      run: ({ word }, { client }) => client.call(echo, { word }, { to: stage.to, ...options }),
    });

  test("do not wait for a slot that waits for their action's own", async () => {
    await stage.serve([defineHandler(echo, { concurrency: 1, run: ({ word }) => ({ word }) }), nesting()], {
      concurrency: 1,
    });
    const client = stage.client();
    const answers = await Promise.all([
      client.call(outer, { word: 'a' }, { to: stage.to, timeoutMs: 5_000 }),
      client.call(echo, { word: 'b' }, { to: stage.to, timeoutMs: 5_000 }),
    ]);
    expect(answers).toEqual([{ word: 'a' }, { word: 'b' }]);
  });

  test('do not wait for a lock whose holder waits for the slot of their parent', async () => {
    const parentRuns = gate();
    const holderWaits = gate();
    const server = await stage.serve(
      [
        defineHandler(echo, { locks: () => [exclusive('one')], run: ({ word }) => ({ word }) }),
        defineHandler(outer, {
          async run({ word }, { client }) {
            parentRuns.open();
            await holderWaits.opened;
            return client.call(echo, { word }, { to: stage.to });
          },
        }),
      ],
      { concurrency: 1 },
    );
    const client = stage.client();
    const parent = client.call(outer, { word: 'a' }, { to: stage.to, timeoutMs: 5_000 });
    await parentRuns.opened;
    const holder = client.call(echo, { word: 'b' }, { to: stage.to, timeoutMs: 5_000 });
    await expect.poll(() => server.health().waiting).toBe(1);
    holderWaits.open();
    expect(await Promise.all([parent, holder])).toEqual([{ word: 'a' }, { word: 'b' }]);
  });

  test('with the key of the request that waits for them are refused as deadlock', async () => {
    const nested = gate<unknown>();
    const recursive = defineHandler(echo, {
      async run({ word }, { client }) {
        nested.open(await failureOf(client.call(echo, { word }, { to: stage.to, idempotencyKey: 'k' })));
        return { word };
      },
    });
    await stage.serve([recursive]);
    await call('x', { idempotencyKey: 'k' });
    expect(await nested.opened).toEqual({ code: 'deadlock', outcome: 'not_executed', retryable: false });
  });

  test('of a running handler are still served while the server drains', async () => {
    const go = gate();
    const holding = gate();
    const server = await stage.serve(
      [
        defineHandler(echo, {
          locks: ({ word }) => (word === 'nested' ? [exclusive('one')] : []),
          run: async ({ word }) => ({ word }),
        }),
        defineHandler(outer, {
          locks: ({ word }) => (word === 'holder' ? [exclusive('one')] : []),
          async run({ word }, { client }) {
            if (word === 'holder') await holding.opened;
            else return client.call(echo, { word: 'nested' }, { to: stage.to }).finally(() => go.open());
            return { word };
          },
        }),
      ],
      { drainMs: 10_000 },
    );
    const client = stage.client();
    const holder = client.call(outer, { word: 'holder' }, { to: stage.to });
    await expect.poll(() => server.health().running).toBe(1);
    const parent = client.call(outer, { word: 'parent' }, { to: stage.to });
    await expect.poll(() => server.health().waiting).toBe(1);
    const stopping = server.stop();
    holding.open();
    expect(await Promise.all([holder, parent])).toEqual([{ word: 'holder' }, { word: 'nested' }]);
    expect(await stopping).toEqual({ unfinished: [] });
  });

  test('can be many at once without a warning on standard error', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    const many = defineHandler(outer, {
      async run({ word }, { client }) {
        await Promise.all(Array.from({ length: 30 }, () => client.call(echo, { word }, { to: stage.to })));
        return { word };
      },
    });
    await stage.serve([answering, many]);
    const { signal } = new AbortController();
    const client = stage.client();
    await Promise.all(Array.from({ length: 30 }, () => client.call(outer, { word: 'x' }, { to: stage.to, signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('outcomes', () => {
  test('a request that may have run before is never told not_executed', async () => {
    const store = createMemoryIdempotencyStore();
    let isAway = false;
    const flaky: IdempotencyStore = {
      ...store,
      read: (key) => (isAway ? Promise.reject(new Error('connection refused')) : store.read(key)),
    };
    const later = defineHandler(echo, {
      run() {
        isAway = true;
        throw new RetryLater(1);
      },
    });
    await stage.serve([later], { idempotency: flaky });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toEqual({
      ...{ code: 'unavailable', outcome: 'unknown', retryable: false },
    });
  });

  test('a store that throws anything is unavailable, not executed, retryable', async () => {
    const broken: IdempotencyStore = {
      ...createMemoryIdempotencyStore(),
      read: () => Promise.reject(new Error('ECONNREFUSED')),
    };
    const locks: LockProvider = { hold: () => Promise.reject(new Error('ECONNREFUSED')), close: async () => undefined };
    const locked = defineHandler(outer, { locks: () => [exclusive('one')], run: ({ word }) => ({ word }) });
    await stage.serve([answering, locked], { idempotency: broken, locks });
    const away = { code: 'unavailable', outcome: 'not_executed', retryable: true };
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toEqual(away);
    expect(await failureOf(stage.client().call(outer, { word: 'x' }, { to: stage.to }))).toEqual(away);
  });

  test('an answer that cannot be recorded leaves the key to be taken over, not held for ever', async () => {
    const store = createMemoryIdempotencyStore();
    let claims = 0;
    const flaky: IdempotencyStore = {
      ...store,
      async claim(key, fingerprint, owner) {
        const claim = await store.claim(key, fingerprint, owner);
        if (claim.state !== 'fresh') return claim;
        return ++claims > 1 ? claim : { ...claim, settle: () => Promise.reject(new Error('away')) };
      },
    };
    let runs = 0;
    await stage.serve([defineHandler(echo, { timeoutMs: 200, run: ({ word }) => ({ word: `${word} ${++runs}` }) })], {
      idempotency: flaky,
    });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toMatchObject({ outcome: 'unknown' });
    expect(await call('x', { idempotencyKey: 'k' })).toEqual({ word: 'x 2' });
  });

  test('a declared error whose data JSON has no form for is internal, executed', async () => {
    const odd = defineAction({ ...echo, errors: { odd: z.any() } });
    await stage.serve([defineHandler(odd, { run: () => Promise.reject(failed('odd', { size: 1n })) })]);
    expect(await failureOf(call('x'))).toMatchObject({ code: 'internal', outcome: 'executed' });
  });

  test('a declared error thrown after the deadline is remembered under its key', async () => {
    let runs = 0;
    const late = defineHandler(echo, {
      run: (_request, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          runs++;
          signal.addEventListener('abort', () => reject(failed('too_loud', { decibels: runs })));
        }),
    });
    const server = await stage.serve([late]);
    expect((await errorOf(call('x', { idempotencyKey: 'k', timeoutMs: 300 }))).code).toBe('deadline_exceeded');
    await expect.poll(() => server.health().inFlight).toBe(0);
    expect((await errorOf(call('x', { idempotencyKey: 'k' }))).declared?.data).toEqual({ decibels: 1 });
  });

  test('a refusal that cannot be written leaves nothing in hand', async () => {
    const asked = gate();
    const authorize = () => {
      asked.open();
      throw new RpcError('forbidden', 'no', { details: { size: 1n } });
    };
    const server = await stage.serve([answering], { authorize });
    void failureOf(call('x', { timeoutMs: 300 }));
    await asked.opened;
    await expect.poll(() => server.health().inFlight).toBe(0);
  });

  test('only true lets a caller in', async () => {
    await stage.serve([answering], { authorize: (() => ({ allowed: false })) as never });
    expect(await failureOf(call('x'))).toMatchObject({ code: 'forbidden' });
  });

  test('an authorize that never answers is bounded by the deadline', async () => {
    const server = await stage.serve([answering], { authorize: forever });
    const error = await errorOf(call('x', { timeoutMs: 500 }));
    expect(error.code).toBe('deadline_exceeded');
    await expect.poll(() => server.health().inFlight).toBe(0);
  });

  test('a free lock is granted however many wait for others', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: ({ word }) => [exclusive(word)],
      run: async ({ word }) => (word === 'busy' && (await holding.opened), { word }),
    });
    const server = await stage.serve([locked], { maxWaiting: 17 });
    const waiting = [call('busy'), call('busy')];
    await expect.poll(() => server.health().waiting).toBe(1);
    expect(await call('free')).toEqual({ word: 'free' });
    holding.open();
    await Promise.all(waiting);
  });
});

describe('life cycle', () => {
  test('each run is stopped at its own limit, whatever ended before and whatever came later', async () => {
    const clock = createManualClock();
    const broker = createMemoryBroker({ clock });
    const stopped = new Map<string, number>();
    const startMs = clock.monotonicMs();
    const handler = defineHandler(echo, {
      async run({ word }, { signal }) {
        if (word === 'quick') return { word };
        signal.addEventListener('abort', () => stopped.set(word, clock.monotonicMs() - startMs));
        return forever();
      },
    });
    await startServer({ transport: broker.connect(), address: 'n', handlers: [handler], clock });
    const client = stage.client({ transport: broker.connect(), clock });
    const begin = (word: string, timeoutMs: number) => client.call(echo, { word }, { to: 'n', timeoutMs });
    const quick = begin('quick', 1_000);
    const others = Promise.allSettled([begin('late', 5_000), begin('early', 2_000), begin('later', 9_000)]);
    await clock.advance(100);
    const latest = expect(begin('latest', 500)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await clock.advance(10_000);
    await quick;
    await others;
    await latest;
    expect(Object.fromEntries(stopped)).toEqual({ latest: 550, early: 1_800, late: 4_750, later: 8_750 });
  });

  test('a transport that throws instead of rejecting fails its calls, and leaves nothing in hand', async () => {
    let brokenFor = (_message: Message) => false;
    const broker = createMemoryBroker({
      fate(_address, message) {
        if (brokenFor(message)) throw new TypeError('a bug of the transport');
        return 'arrives';
      },
    });
    let runs = 0;
    const handler = defineHandler(echo, { run: ({ word }) => ({ word: `${word}${++runs}` }) });
    const server = await startServer({ transport: broker.connect(), address: 'n', handlers: [handler] });
    const client = stage.client({ transport: broker.connect() });
    const giveUp = new AbortController();
    const begin = () => client.call(echo, { word: 'x' }, { to: 'n', signal: giveUp.signal });

    brokenFor = ({ action }) => action === 'echo';
    for (let nth = 0; nth < 2; nth++) {
      expect(await failureOf(begin())).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
    }
    expect(client.health().pending).toBe(0);
    brokenFor = ({ action }) => action === undefined;
    const unanswered = begin();
    await expect.poll(() => server.health().counters['undeliverable_replies']).toBe(1);
    await server.stop();
    expect([server.health().inFlight, runs]).toEqual([0, 1]);
    giveUp.abort();
    await expect(unanswered).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('a handler that ended at its signal is not stuck, however long its reply waits for the broker', async () => {
    const clock = createManualClock({ startMs: Date.now() });
    const broker = createMemoryBroker({ clock });
    const transport = broker.connect();
    const isThere = gate();
    const blocked = changed(transport, { send: (...sending) => isThere.opened.then(() => transport.send(...sending)) });
    const heeding = defineHandler(echo, {
      run: (_request, { signal }) =>
        new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    const server = await startServer({ transport: blocked, address: 'n', handlers: [heeding], clock });
    const client = stage.client({ transport: broker.connect(), clock });
    const failure = failureOf(client.call(echo, { word: 'x' }, { to: 'n', timeoutMs: 1_000 }));
    await clock.advance(40_000);
    expect(await failure).toMatchObject({ code: 'deadline_exceeded' });
    expect(server.health()).toMatchObject({ inFlight: 1, running: 0, stuck: 0, red: [] });
    isThere.open();
    await clock.advance(1);
    expect(server.health().inFlight).toBe(0);
    await server.stop();
  });

  test('two deliveries with one message id are both given back by a drain', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([locked], { drainMs: 5_000 });
    const holder = call('holder');
    await expect.poll(() => server.health().running).toBe(1);
    const sender = stage.transport();
    const twin = { id: 'twin', action: 'echo', body: '{"word":"twin"}', headers: {} };
    await sender.send(stage.to, twin);
    await sender.send(stage.to, twin);
    await expect.poll(() => server.health().waiting).toBe(2);
    const stopping = server.stop();
    holding.open();
    await holder;
    expect(await stopping).toEqual({ unfinished: [] });
    expect(server.health().counters).toMatchObject({ return: 2, succeeded: 1 });
  });

  test('a consumer that cannot be stopped does not keep a server from stopping', async () => {
    const transport = stage.transport();
    const stubborn: Transport = {
      ...transport,
      traits: transport.traits,
      status: 'ready',
      send: (...args) => transport.send(...args),
      openInbox: (on) => transport.openInbox(on),
      health: () => transport.health(),
      close: () => transport.close(),
      async consume(...args) {
        const consumer = await transport.consume(...args);
        return { lost: consumer.lost, stop: () => Promise.reject(new Error('no')) };
      },
    };
    const server = await stage.serve([answering], { transport: stubborn });
    await server.stop();
    expect(server.health().state).toBe('stopped');
  });

  test('one address that cannot be consumed fails the start at once, and the others are given up', async () => {
    const transport = stage.transport();
    let stopped = 0;
    const partial = {
      ...transport,
      traits: transport.traits,
      health: () => transport.health(),
      async consume(address: string) {
        if (address === 'bad') throw new Error('refused');
        return {
          lost: forever(),
          stop: async () => {
            stopped++;
          },
        };
      },
    } as unknown as Transport;
    const starting = startServer({ transport: partial, address: ['good', 'bad'], handlers: [answering] });
    await expect(starting).rejects.toThrow('refused');
    expect(stopped).toBe(1);
  });

  test('a handler cannot close the client that it was lent', async () => {
    const closing = defineHandler(outer, {
      async run({ word }, { client }) {
        await client.close();
        return client.call(echo, { word }, { to: stage.to });
      },
    });
    await stage.serve([answering, closing]);
    expect(await stage.client().call(outer, { word: 'x' }, { to: stage.to })).toEqual({ word: 'x' });
  });

  test('options and handlers that cannot be right are refused at the start, by name', async () => {
    const start = (options: object) =>
      startServer({ transport: stage.transport(), address: 'n', handlers: [answering], ...options });
    await expect(start({ concurrency: 0 })).rejects.toThrow(
      /expected concurrency to be an integer of at least 1, got 0/,
    );
    await expect(start({ address: [] })).rejects.toThrow(/expected address/);
    await expect(start({ handlers: [] })).rejects.toThrow(/at least one handler/);
    await expect(start({ handlers: [answering, answering] })).rejects.toThrow(/got two for echo/);
    const parking = defineHandler(echo, { onCrash: 'park', run: ({ word }) => ({ word }) });
    await expect(start({ handlers: [parking] })).rejects.toThrow(/durable idempotency store.*echo/);
    const durable = { ...createMemoryIdempotencyStore(), durable: true };
    await expect(start({ idempotency: durable })).rejects.toThrow(/fingerprintKey/);
    expect(() => defineHandler(echo, { timeoutMs: Number.NaN, run: ({ word }) => ({ word }) })).toThrow(/timeoutMs/);
    expect(() => defineAction({ ...echo, name: 'amq.x' })).toThrow(/action name/);
    expect(() => defineAction({ ...echo, response: z.void() })).toThrow(/z\.null\(\)/);
    const transforming = z.object({ length: z.string().transform(Number) });
    expect(() => defineAction({ ...echo, response: transforming })).toThrow(/"response" of action echo.*transforms/);
  });
});

describe('a store of another process', () => {
  test('is not waited for: locks that are free count nobody as waiting, however long their grant takes', async () => {
    const slow: LockProvider = {
      async hold(_keys, _options, work) {
        await new Promise((resolve) => setImmediate(resolve));
        return work({ fence: 1 });
      },
      close: async () => undefined,
    };
    const locked = defineHandler(echo, { locks: () => [exclusive('one')], run: ({ word }) => ({ word }) });
    await stage.serve([locked], { locks: slow, maxWaitingPerKey: 1 });
    const words = Array.from({ length: 50 }, (_, nth) => `w${nth}`);
    expect(await Promise.all(words.map((word) => call(word)))).toEqual(words.map((word) => ({ word })));
  });

  test('that cannot keep an answer so long is not asked again and again', async () => {
    const store = createMemoryIdempotencyStore();
    let settles = 0;
    const narrow: IdempotencyStore = {
      durable: false,
      read: (key) => store.read(key),
      async claim(...args) {
        const claim = await store.claim(...args);
        if (claim.state !== 'fresh') return claim;
        const settle = async () => {
          settles += 1;
          throw new RpcError('too_large', 'expected a shorter answer');
        };
        return { ...claim, settle };
      },
      close: () => store.close(),
    };
    await stage.serve([answering], { idempotency: narrow });
    expect(await failureOf(call('x', { idempotencyKey: 'k' }))).toMatchObject({
      code: 'unavailable',
      outcome: 'unknown',
    });
    expect(settles).toBe(1);
  });
});

test('a redelivered request is answered from memory only if it is the same to the letter', async () => {
  const words: string[] = [];
  const noting = defineHandler(echo, { run: ({ word }) => (words.push(word), { word }) });
  const transport = stage.transport();
  let receive: Receive | undefined;
  const consume: Transport['consume'] = (address, options, given) => {
    receive = given;
    return transport.consume(address, options, given);
  };
  await stage.serve([noting], { transport: { ...transport, consume } });
  const deliver = (word: string, redelivered: boolean) =>
    receive?.({
      ...{ message: { id: '1', action: 'echo', headers: {}, body: JSON.stringify({ word }) }, attempt: 1, redelivered },
    });
  const long = (letter: string) => letter.repeat(5_000);
  for (const [first, second] of [
    ['a', 'b'],
    [long('a'), long('b')],
  ] as const) {
    await deliver(first, false);
    await deliver(first, true);
    await deliver(second, true);
    expect(words.splice(0)).toEqual([first, second]);
  }
});

test('a run that ends, however, is no crash: failures after one do not poison a key', async () => {
  const state = createMemoryIdempotencyState();
  const transport = stage.transport();
  const doomed = createMemoryIdempotencyStore({ state, leaseMs: 30 });
  const started = gate();
  const hanging = defineHandler(echo, { run: () => (started.open(), forever()) });
  await stage.serve([hanging], { transport, idempotency: doomed });
  const keyed = () => failureOf(call('x', { idempotencyKey: 'k' }));
  const crashed = keyed();
  await started.opened;
  await doomed.close();
  await transport.close();
  const failing = defineHandler(echo, {
    run() {
      throw new Error('not today');
    },
  });
  await stage.serve([failing], { idempotency: createMemoryIdempotencyStore({ state, leaseMs: 30 }) });
  const ends = [await crashed];
  for (let nth = 1; nth <= 6; nth += 1) ends.push(await keyed());
  expect(ends.map(({ code }) => code)).toEqual(Array.from({ length: 7 }, () => 'internal'));
});

test('a key whose run crashed is known to have been started, also if the next one gives it up before it starts', async () => {
  const released = gate<{ readonly hasStarted: boolean } | undefined>();
  const stopping = gate();
  const release: Claim['release'] = async (after) => released.open(after);
  const store = createMemoryIdempotencyStore();
  const crashed: IdempotencyStore = {
    ...store,
    async claim(_key, fingerprint) {
      return {
        ...{ state: 'abandoned', fingerprint, starts: 1, park: async () => 'lost' },
        async takeOver() {
          stopping.open();
          await stopped;
          return { state: 'fresh', starts: 2, settle: async () => 'lost', release, abandon: async () => undefined };
        },
      };
    },
  };
  const server = await stage.serve([answering], { idempotency: crashed });
  const stopped = stopping.opened.then(() => void server.stop());
  await stage.client().send(echo, { word: 'x' }, { to: stage.to, idempotencyKey: 'k' });
  expect(await released.opened).toEqual({ hasStarted: true });
});

describe('a request whose sender sent it twice', () => {
  test('is cancelled after the other one has ended', async () => {
    const first = gate();
    const words: string[] = [];
    const handler = defineHandler(echo, {
      async run({ word }, { signal }) {
        words.push(word);
        if (word === 'second') return { word };
        signal.addEventListener('abort', () => first.open());
        await first.opened;
        words.push('aborted');
        return { word };
      },
    });
    const server = await stage.serve([handler]);
    const sender = stage.transport();
    const message = { id: 'twice', action: 'echo', headers: {} };
    await sender.send(stage.to, { ...message, body: '{"word":"first"}' });
    await sender.send(stage.to, { ...message, body: '{"word":"second"}' });
    await expect.poll(() => [words.join(), server.health().inFlight]).toEqual(['first,second', 1]);
    const cancel = { id: 'cancel', action: 'samovar.cancel', correlationId: 'twice', headers: {}, body: '' };
    await sender.send(stage.to, cancel, { control: true });
    await expect.poll(() => words.join()).toBe('first,second,aborted');
  });
});
