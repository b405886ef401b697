import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  declaredErrorOf,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  RetryLater,
  type Server,
  type ServerOptions,
} from '../../src/index.js';
import { createRedisIdempotencyStore } from '../../src/stores/redis/idempotency.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { echo, errorOf, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

const key = 'key-1';
/** So long ago that clocks may differ by what is tolerated. */
const longPast = () => Date.now() - 10_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.close());

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  let closing: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(async () => {
    await stage.close();
    for (const close of closing) await close();
    closing = [];
  });

  const ask = (options = {}) => stage.client().outcome(echo, key, { to: stage.to, ...options });
  const call = (word: string, options = {}) =>
    stage.client().call(echo, { word }, { to: stage.to, idempotencyKey: key, ...options });

  /** The options of workers that share a store. */
  function sharing(): Partial<ServerOptions> & Pick<Required<ServerOptions>, 'idempotency'> {
    const idempotency = createRedisIdempotencyStore({ url: redis.url, namespace: randomUUID() });
    closing.push(() => idempotency.close());
    return { idempotency, fingerprintKey: 'for the tests' };
  }

  test('a call whose answer is known is answered with it, and runs no second time', async () => {
    let runs = 0;
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word: `${word} ${(runs += 1)}` }) })]);
    await call('x');
    expect(await ask()).toEqual({ state: 'succeeded', value: { word: 'x 1' } });
    expect(runs).toBe(1);
  });

  test('a declared error is told with its data and the id of its call', async () => {
    const loud = defineHandler(echo, {
      run: () => {
        throw failed('too_loud', { decibels: 120 });
      },
    });
    await stage.serve([loud]);
    const { id } = await errorOf(call('x'));
    const outcome = await ask();
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'failed', outcome: 'executed', id } });
    const error = outcome.state === 'failed' ? outcome.error : undefined;
    expect(declaredErrorOf(echo, error)).toEqual({ name: 'too_loud', data: { decibels: 120 } });
  });

  test('a call that runs is running; the question takes no lock and no slot, and waits for nothing', async () => {
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([locked], { concurrency: 1 });
    const answer = call('x');
    await expect.poll(() => server.health().running).toBe(1);
    expect(await ask()).toEqual({ state: 'running' });
    // The answer may overtake the confirm that its worker waits for.
    await expect.poll(() => server.health()).toMatchObject({ inFlight: 1, waiting: 0, counters: { questions: 1 } });
    holding.open();
    await answer;
    expect(await ask()).toMatchObject({ state: 'succeeded' });
  });

  test('a key that nobody knows is unknown, not executed or not, where the store is that of the process', async () => {
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word }) })]);
    expect(await ask()).toEqual({ state: 'unknown' });
    expect(await ask({ deadline: longPast() })).toEqual({ state: 'unknown' });
  });

  test('nobody is told about the calls of somebody else, or of another action', async () => {
    const other = defineAction({ ...echo, name: 'other' });
    const run = ({ word }: { word: string }) => ({ word });
    await stage.serve([defineHandler(echo, { run }), defineHandler(other, { run })]);
    await call('secret');
    expect(await stage.client({ user: 'bob' }).outcome(echo, key, { to: stage.to })).toEqual({ state: 'unknown' });
    expect(await stage.client().outcome(other, key, { to: stage.to })).toEqual({ state: 'unknown' });
    expect(await ask()).toMatchObject({ state: 'succeeded' });
  });

  test('who may not have an action done may not ask about it', async () => {
    const asked: unknown[] = [];
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word }) })], {
      authorize({ headers }) {
        asked.push(headers['samovar-ask']);
        return headers['samovar-ask'] === undefined;
      },
    });
    await call('x');
    expect(await ask()).toMatchObject({ state: 'unknown', reason: { code: 'forbidden' } });
    expect(asked).toEqual([undefined, 'outcome']);
  });

  test('what goes wrong with the question is the reason of an unknown, never an error of its own', async () => {
    expect(await ask({ timeoutMs: 2_000 })).toMatchObject({ state: 'unknown', reason: { code: 'unroutable' } });
    const aborted = AbortSignal.abort();
    expect(await ask({ signal: aborted })).toMatchObject({ state: 'unknown', reason: { code: 'cancelled' } });
    const client = stage.client();
    await client.close();
    const outcome = await client.outcome(echo, key, { to: stage.to });
    expect(outcome).toMatchObject({ state: 'unknown', reason: { code: 'unavailable' } });
  });

  test('any worker that shares the store answers for the others', async () => {
    const holding = gate();
    const options = sharing();
    const elsewhere = `${stage.to}-b`;
    let runs = 0;
    const run = async ({ word }: { word: string }) => (runs++, await holding.opened, { word });
    const server = await stage.serve([defineHandler(echo, { run })], options);
    await stage.serve([defineHandler(echo, { run })], { ...options, address: elsewhere });
    const answer = call('x');
    await expect.poll(() => server.health().running).toBe(1);
    expect(await ask({ to: elsewhere })).toEqual({ state: 'running' });
    holding.open();
    await answer;
    expect(await ask({ to: elsewhere })).toEqual({ state: 'succeeded', value: { word: 'x' } });
    expect(runs).toBe(1);
  });

  test('an answer outlives its worker where the store does', async () => {
    const options = sharing();
    const handlers = [defineHandler(echo, { run: ({ word }) => ({ word }) })];
    const first = await stage.serve(handlers, options);
    await call('x');
    await first.stop();
    await stage.serve(handlers, options);
    expect(await ask()).toEqual({ state: 'succeeded', value: { word: 'x' } });
  });

  test('a call that expired before it could start was not executed, once its time is long past', async () => {
    const holding = gate();
    const options = { ...sharing(), clockSkewMs: 0, concurrency: 1 };
    const waiting = defineHandler(echo, {
      locks: () => [exclusive('one')],
      run: async ({ word }) => (await holding.opened, { word }),
    });
    const server = await stage.serve([waiting], options);
    const holder = call('holder', { idempotencyKey: 'holder' });
    await expect.poll(() => server.health().running).toBe(1);
    const asked = { deadline: Date.now() + 1_000 };
    const late = failureOf(call('late', { timeoutMs: 1_000 }));
    expect(await ask({ deadline: Date.now() + 60_000 })).toEqual({ state: 'unknown' });
    expect(await late).toMatchObject({ code: 'deadline_exceeded' });
    await expect.poll(() => ask(asked), { timeout: 5_000 }).toEqual({ state: 'not_executed' });
    expect(await ask()).toEqual({ state: 'unknown' });
    holding.open();
    await holder;
  });

  test('a call that was started and released again is unknown, however it ended', async () => {
    let server: Server | undefined;
    const ends: [string, () => never][] = [
      ['internal', () => fail(new Error('no'))],
      ['busy', () => fail(new RetryLater(60_000))],
    ];
    for (const [code, run] of ends) {
      await server?.stop();
      server = await stage.serve([defineHandler(echo, { run })], sharing());
      expect(await failureOf(call('x', { timeoutMs: 5_000 }))).toMatchObject({ code, outcome: 'unknown' });
      expect(await ask({ deadline: longPast() })).toEqual({ state: 'unknown' });
      const never = await stage.client().outcome(echo, 'never used', { to: stage.to, deadline: longPast() });
      expect(never).toEqual({ state: 'not_executed' });
    }
  });

  test('a failure that was parked is told with what it says about the effect', async () => {
    const parking = defineHandler(echo, { onCrash: 'park', run: () => fail(new Error('no')) });
    await stage.serve([parking], sharing());
    await failureOf(call('x'));
    expect(await ask()).toMatchObject({ state: 'failed', error: { code: 'internal', outcome: 'unknown' } });
  });
});

test('an existing consumer is never asked: the transport refuses, and nothing is sent', async () => {
  const broker = await sharedRabbitmq();
  const { name, url } = await broker.createVirtualHost();
  const transport = createAmqpTransport({ url, replyRoute: { old: 'request-exchange' } });
  const stage = await openStage(async () => ({
    connect: () => transport,
    disconnect: async () => undefined,
    reconnect: async () => undefined,
    quarantined: async () => [],
    close: () => broker.deleteVirtualHost(name),
  }));
  const ran: string[] = [];
  const run = ({ word }: { word: string }) => (ran.push(word), { word });
  const server = await stage.serve([defineHandler(echo, { run })], { address: 'old' });
  const client = stage.client();
  const { signal } = new AbortController();
  const outcome = await client.outcome(echo, key, { to: 'old', signal });
  expect(outcome).toMatchObject({
    state: 'unknown',
    reason: { code: 'rejected', message: expect.stringContaining("replyRoute 'request-exchange'") as string },
  });
  await client.call(echo, { word: 'marker' }, { to: 'old' });
  expect(ran).toEqual(['marker']);
  expect(server.health().counters['questions']).toBeUndefined();
  await stage.close();
});

function fail(error: Error): never {
  throw error;
}
