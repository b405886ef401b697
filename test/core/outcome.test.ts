import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMemoryIdempotencyStore,
  defineAction,
  defineHandler,
  type IdempotencyStore,
  type Message,
  type Transport,
} from '../../src/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import { echo, gate, openStage, type Stage } from '../e2e/stage.js';
import { openMemoryWorld } from '../e2e/worlds.js';

const key = 'key-1';
const dayMs = 86_400_000;
let stage: Stage;
let runs = 0;
beforeEach(async () => {
  stage = await openStage(openMemoryWorld);
  runs = 0;
});
afterEach(() => stage.close());

const answering = defineHandler(echo, { run: ({ word }) => (runs++, { word }) });
const ask = (options = {}) => stage.client().outcome(echo, key, { to: stage.to, ...options });

/** A store that outlives the process, as far as workers are told. */
function durable(changes: Partial<IdempotencyStore> = {}) {
  const idempotency: IdempotencyStore = {
    ...createMemoryIdempotencyStore(),
    ...{ durable: true, remembersMs: dayMs },
    ...changes,
  };
  return { idempotency, fingerprintKey: 'for the tests' };
}

describe('a call without a record', () => {
  const notExecuted = { state: 'not_executed' };
  const unknown = { state: 'unknown' };

  test.each([
    ['twice the tolerated skew past its deadline was not executed', 4_100, notExecuted],
    ['within it may still start', 3_000, unknown],
    ['whose deadline is to come may still start', -1_000, unknown],
    ['half as long ago as records are kept may have been forgotten', dayMs / 2, unknown],
    ['a little less long ago was not executed', dayMs / 2 - 60_000, notExecuted],
  ])('%s', async (_what, agoMs, expected) => {
    await stage.serve([answering], durable());
    expect(await ask({ deadline: Date.now() - agoMs })).toEqual(expected);
  });

  test.each<[string, ReturnType<typeof durable>]>([
    ['is not durable', durable({ durable: false })],
    ['does not say how long it remembers', { ...durable(), idempotency: forgetful() }],
    ['knows of an earlier start', durable({ read: async () => ({ state: 'none', hasStarted: true }) })],
  ])('is unknown where the store %s', async (_what, options) => {
    await stage.serve([answering], options);
    expect(await ask({ deadline: Date.now() - 10_000 })).toEqual(unknown);
  });

  test('is unknown where the handler names keys itself: it may be known by another', async () => {
    const naming = defineHandler(echo, { idempotencyKey: ({ word }) => word, run: ({ word }) => ({ word }) });
    await stage.serve([naming], durable());
    expect(await ask({ deadline: Date.now() - 10_000 })).toEqual(unknown);
    await stage.client().call(echo, { word: 'x' }, { to: stage.to, idempotencyKey: key });
    expect(await ask({ deadline: Date.now() - 10_000 })).toEqual(unknown);
    const known = await stage.client().outcome(echo, 'x', { to: stage.to });
    expect(known).toEqual({ state: 'succeeded', value: { word: 'x' } });
  });

  function forgetful(): IdempotencyStore {
    return { ...createMemoryIdempotencyStore(), durable: true };
  }
});

test.each(['park', 'retry'] as const)(
  'a crashed run is unknown with onCrash: %s, and left as it is',
  async (onCrash) => {
    const options = durable();
    const name = JSON.stringify(['ann', 'echo', 'key', key]);
    const claim = await options.idempotency.claim(name, 'fingerprint', { messageId: 'm1' });
    if (claim.state === 'fresh') await claim.abandon();
    await stage.serve([defineHandler(echo, { onCrash, run: ({ word }) => ({ word }) })], options);
    expect(await ask({ deadline: Date.now() - 10_000 })).toEqual({ state: 'unknown' });
    expect(await options.idempotency.read(name)).toMatchObject({ state: 'abandoned', starts: 1 });
  },
);

test('a store that is away is the reason of an unknown', async () => {
  await stage.serve([answering], durable({ read: () => Promise.reject(new Error('away')) }));
  expect(await ask()).toMatchObject({ state: 'unknown', reason: { code: 'unavailable' } });
});

test('a stored answer that is too long for a question is said to be there', async () => {
  const transport = stage.transport();
  const small: Transport = { ...transport, traits: { ...transport.traits, maxBodyBytes: 200 } };
  await stage.serve([answering], { transport: small });
  await stage.client().call(echo, { word: 'x'.repeat(120) }, { to: stage.to, idempotencyKey: key });
  expect(await ask()).toMatchObject({ state: 'unknown', reason: { code: 'internal', outcome: 'executed' } });
});

test('a stored answer that breaks the contract of the caller has been executed', async () => {
  await stage.serve([answering]);
  await stage.client().call(echo, { word: 'x' }, { to: stage.to, idempotencyKey: key });
  const newer = defineAction({ ...echo, response: echo.response.extend({ loud: echo.errors.too_loud }) });
  const outcome = await stage.client().outcome(newer, key, { to: stage.to });
  expect(outcome).toMatchObject({ state: 'failed', error: { code: 'invalid_reply', outcome: 'executed' } });
});

describe('a message that asks', () => {
  /** Sends it as any program could, and resolves to the reply, if one is wanted. */
  async function answerTo(headers: Message['headers'], change: Partial<Message> = {}): Promise<unknown> {
    const transport = stage.transport();
    const replied = gate<string>();
    const inbox = await transport.openInbox({ receive: ({ body }) => replied.open(body), lost: () => undefined });
    const base = { id: 'q1', action: 'echo', body: '{"word":"x"}', replyTo: inbox.address, correlationId: 'q1' };
    await transport.send(stage.to, { ...base, headers, ...change });
    return JSON.parse(await replied.opened);
  }

  test.each([
    ['an unknown question', { 'samovar-ask': 'everything', 'samovar-idempotency-key': key }],
    ['an empty question', { 'samovar-ask': '', 'samovar-idempotency-key': key }],
    ['no key', { 'samovar-ask': 'outcome' }],
    ['an illegal key', { 'samovar-ask': 'outcome', 'samovar-idempotency-key': 'é' }],
  ])('with %s is refused, and never run', async (_what, headers) => {
    await stage.serve([answering]);
    expect(await answerTo(headers)).toMatchObject({ success: false, error: { code: 'invalid_request' } });
    expect(runs).toBe(0);
  });

  test.each(['', 'soon', '-1', '1e3', '9'.repeat(17), ' 1'])(
    'about the deadline %j is told nothing of it',
    async (at) => {
      await stage.serve([answering], durable());
      const headers = { 'samovar-ask': 'outcome', 'samovar-idempotency-key': key, 'samovar-asked-deadline': at };
      expect(await answerTo(headers)).toMatchObject({ success: true, data: { state: 'unknown' } });
    },
  );

  test('and wants no answer is dropped', async () => {
    const server = await stage.serve([answering]);
    const headers = { 'samovar-ask': 'outcome', 'samovar-idempotency-key': key };
    await stage.transport().send(stage.to, { id: 'q1', action: 'echo', body: '{"word":"x"}', headers });
    await expect.poll(() => server.health().counters['questions']).toBe(1);
    await expect.poll(() => server.health().inFlight).toBe(0);
    expect(runs).toBe(0);
  });
});

describe('a caller', () => {
  test.each([
    ['an empty key', '', {}],
    ['a key that no broker takes', 'é', {}],
    ['an illegal timeout', key, { timeoutMs: 0 }],
    ['an illegal deadline', key, { deadline: Number.NaN }],
    ['no address', key, { to: undefined }],
  ])('with %s is told by a TypeError', async (_what, given, options) => {
    await expect(stage.client().outcome(echo, given, { to: stage.to, ...options } as object)).rejects.toThrow(
      TypeError,
    );
  });

  test('finds the address by its routes and by the action, but not by a function of a request', async () => {
    await stage.serve([answering]);
    const unknown = { state: 'unknown' };
    expect(await stage.client({ routes: { echo: stage.to } }).outcome(echo, key)).toEqual(unknown);
    expect(await stage.client().outcome(defineAction({ ...echo, to: stage.to }), key)).toEqual(unknown);
    const byRequest = defineAction({ ...echo, to: ({ word }) => word });
    await expect(stage.client().outcome(byRequest, key)).rejects.toThrow('expected a node address for echo');
  });

  test('is told in time, whatever happens', async () => {
    const clock = createManualClock();
    const broker = createMemoryBroker({ clock });
    const transport = broker.connect();
    await transport.consume('silent', { actions: ['echo'], intake: 1 }, () => new Promise(() => undefined));
    const client = stage.client({ transport, clock });
    const asked = client.outcome(echo, key, { to: 'silent', timeoutMs: 5_000 });
    await clock.advance(5_000);
    expect(await asked).toMatchObject({ state: 'unknown', reason: { code: 'deadline_exceeded' } });
    expect(client.health().pending).toBe(0);
  });

  test('that is a handler asks within the time of its own request', async () => {
    const outer = defineAction({ ...echo, name: 'outer' });
    const asked = gate<unknown>();
    const asking = defineHandler(outer, {
      timeoutMs: 50,
      async run({ word }, { client }) {
        asked.open(await client.outcome(echo, key, { to: 'silent' }));
        return { word };
      },
    });
    await stage.transport().consume('silent', { actions: ['echo'], intake: 1 }, () => new Promise(() => undefined));
    await stage.serve([asking]);
    const outcome = stage.client().call(outer, { word: 'x' }, { to: stage.to });
    expect(await asked.opened).toMatchObject({
      state: 'unknown',
      reason: { code: expect.stringMatching(/^(cancelled|deadline_exceeded)$/) as string },
    });
    await expect(outcome).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });
});
