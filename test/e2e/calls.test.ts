import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  declaredErrorOf,
  defineAction,
  defineHandler,
  exclusive,
  failed,
  limit,
  reply,
  shared,
  type ClientMiddleware,
  type ServerMiddleware,
} from '../../src/index.js';
import { echo, errorOf, failureOf, gate, openStage, type Stage } from './stage.js';
import { worlds } from './worlds.js';

describe.each(worlds)('over $name', ({ open }) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(open);
  });
  afterEach(() => stage.close());

  const outer = defineAction({ ...echo, name: 'outer' });
  const call = (word: string, options = {}) => stage.client().call(echo, { word }, { to: stage.to, ...options });

  test("a handler's own sentence travels with its value", async () => {
    const transport = stage.transport();
    const replies: string[] = [];
    await stage.serve([defineHandler(echo, { run: ({ word }) => reply({ word }, { message: 'Said it' }) })]);
    const inbox = await transport.openInbox({ receive: ({ body }) => void replies.push(body), lost: () => undefined });
    const request = {
      id: 'r1',
      action: 'echo',
      body: '{"word":"x"}',
      headers: {},
      replyTo: inbox.address,
      correlationId: 'r1',
    };
    await transport.send(stage.to, request);
    await expect.poll(() => replies).toEqual(['{"success":true,"message":"Said it","data":{"word":"x"}}']);
  });

  test('a declared error reaches the caller typed', async () => {
    await stage.serve([defineHandler(echo, { run: () => Promise.reject(failed('too_loud', { decibels: 90 })) })]);
    const declared = declaredErrorOf(echo, await errorOf(call('x')));
    expect(declared?.name === 'too_loud' && declared.data.decibels).toBe(90);
  });

  test('a call goes where it says, else where its client routes it, else where its action says', async () => {
    await stage.serve([defineHandler(echo, { run: ({ word }, { address }) => ({ word: `${word} at ${address}` }) })], {
      address: ['one', 'two', 'three'],
    });
    const placed = defineAction({ ...echo, to: ({ word }) => word });
    const routed = stage.client({ routes: { echo: 'two' } });
    expect(await routed.call(placed, { word: 'three' }, { to: 'one' })).toEqual({ word: 'three at one' });
    expect(await routed.call(placed, { word: 'three' })).toEqual({ word: 'three at two' });
    expect(await stage.client().call(placed, { word: 'three' })).toEqual({ word: 'three at three' });
    await expect(stage.client().call(echo, { word: 'x' })).rejects.toThrow(TypeError);
    await expect(stage.client().call(echo, { word: 'x' })).rejects.toThrow(/expected a node address for echo/);
  });

  test('a nested call has what is left of the deadline, unless it is detached', async () => {
    const deadlines: (number | undefined)[] = [];
    const inner = defineHandler(echo, {
      run({ word }, { deadline }) {
        deadlines.push(deadline);
        return { word };
      },
    });
    const nesting = defineHandler(outer, {
      async run({ word }, { client }) {
        await client.call(echo, { word }, { to: stage.to });
        return client.call(echo, { word }, { to: stage.to, detach: true });
      },
    });
    await stage.serve([inner, nesting]);
    const before = Date.now();
    await stage.client().call(outer, { word: 'x' }, { to: stage.to, timeoutMs: 5_000 });
    const [inherited = 0, own = 0] = deadlines;
    expect(inherited).toBeLessThanOrEqual(before + 5_000);
    expect(own).toBeGreaterThan(before + 25_000);
  });

  test('a nested call ends with the time of the request it is made for', async () => {
    const nested = gate<unknown>();
    await stage.serve([
      defineHandler(echo, { run: () => new Promise<never>(() => undefined) }),
      defineHandler(outer, {
        async run({ word }, { client }) {
          nested.open(await failureOf(client.call(echo, { word }, { to: stage.to })));
          return { word };
        },
      }),
    ]);
    await Promise.allSettled([stage.client().call(outer, { word: 'x' }, { to: stage.to, timeoutMs: 3_000 })]);
    expect(await nested.opened).toMatchObject({ outcome: 'unknown' });
  });

  test('a nested call uses the slot of the parent that waits for it here', async () => {
    const inner = defineHandler(echo, { run: ({ word }) => ({ word }) });
    const nesting = defineHandler(outer, {
      run: ({ word }, { client }) => client.call(echo, { word }, { to: stage.to }),
    });
    await stage.serve([inner, nesting], { concurrency: 1 });
    expect(await stage.client().call(outer, { word: 'x' }, { to: stage.to })).toEqual({ word: 'x' });
  });

  test('a one-way request runs and nobody waits for it', async () => {
    const said = gate<string>();
    await stage.serve([defineHandler(echo, { run: ({ word }) => (said.open(word), { word }) })]);
    await stage.client().send(echo, { word: 'hello' }, { to: stage.to });
    expect(await said.opened).toBe('hello');
    const lost = stage.client().send(echo, { word: 'x' }, { to: 'nowhere' });
    expect(await failureOf(lost)).toEqual({ code: 'unroutable', outcome: 'not_executed', retryable: true });
  });

  test('one-way requests that meet a full line for a lock are kept and run later', async () => {
    const words = new Set<string>();
    const holding = gate();
    const locked = defineHandler(echo, {
      locks: () => [exclusive('one')],
      async run({ word }) {
        if (word === 'holder') await holding.opened;
        words.add(word);
        return { word };
      },
    });
    const server = await stage.serve([locked], { maxWaitingPerKey: 1 });
    const holder = call('holder');
    await expect.poll(() => server.health().running).toBe(1);
    await stage.client().send(echo, { word: 'a' }, { to: stage.to });
    await expect.poll(() => server.health().waiting).toBe(1);
    await stage.client().send(echo, { word: 'b' }, { to: stage.to });
    await expect.poll(() => server.health().counters['retry']).toBe(1);
    holding.open();
    await holder;
    await expect.poll(() => words.has('a')).toBe(true);
  });

  test('no more than concurrency handlers run at once, and per action no more than its own', async () => {
    let running = 0;
    let most = 0;
    const finish = gate();
    const counting = async ({ word }: { word: string }) => {
      most = Math.max(most, ++running);
      await finish.opened;
      running--;
      return { word };
    };
    const server = await stage.serve(
      [defineHandler(echo, { run: counting, concurrency: 2 }), defineHandler(outer, { run: counting })],
      { concurrency: 3 },
    );
    const client = stage.client();
    const echoes = Array.from({ length: 5 }, () => client.call(echo, { word: 'x' }, { to: stage.to }));
    await expect.poll(() => server.health().inFlight).toBe(5);
    expect(running).toBe(2);
    const outers = Array.from({ length: 5 }, () => client.call(outer, { word: 'x' }, { to: stage.to }));
    await expect.poll(() => server.health().inFlight).toBe(10);
    expect(running).toBe(3);
    finish.open();
    await Promise.all([...echoes, ...outers]);
    expect(most).toBe(3);
  });

  test('conflicting requests of different actions wait for each other, shared ones do not, a limit counts', async () => {
    const events: string[] = [];
    const gates = new Map<string, { open(): void }>();
    const run = async ({ word }: { word: string }) => {
      events.push(word);
      const mine = gate();
      gates.set(word, { open: () => mine.open() });
      await mine.opened;
      return { word };
    };
    const byWord = ({ word }: { word: string }) => {
      if (word.startsWith('write')) return [exclusive('site:1')];
      if (word.startsWith('read')) return [shared('site:1')];
      return [limit('pool', 2)];
    };
    const server = await stage.serve([
      defineHandler(echo, { locks: byWord, run }),
      defineHandler(outer, { locks: byWord, run }),
    ]);
    const client = stage.client();
    const start = async (action: typeof echo, word: string) => {
      const { inFlight } = server.health();
      const answer = client.call(action, { word }, { to: stage.to });
      await expect.poll(() => server.health().inFlight).toBe(inFlight + 1);
      return answer;
    };
    const answers = [
      ...['read1', 'read2'].map((word) => () => start(echo, word)),
      () => start(outer, 'write1'),
      () => start(echo, 'read3'),
      ...['p1', 'p2', 'p3'].map((word) => () => start(echo, word)),
    ];
    const pending: Promise<unknown>[] = [];
    for (const [index, begin] of answers.entries()) {
      pending.push(begin());
      await expect.poll(() => server.health().inFlight).toBe(index + 1);
    }
    expect(events).toEqual(['read1', 'read2', 'p1', 'p2']);
    const finish = async (word: string, next?: string) => {
      gates.get(word)?.open();
      if (next) await expect.poll(() => events.at(-1)).toBe(next);
    };
    await finish('p1', 'p3');
    await finish('read1');
    await finish('read2', 'write1');
    await finish('write1', 'read3');
    for (const left of gates.values()) left.open();
    await Promise.all(pending);
  });

  test('requests that still wait with an equal coalesce key share one run, and a late one gets a run of its own', async () => {
    let runs = 0;
    const gates = [gate(), gate()];
    const coalescing = defineHandler(echo, {
      locks: () => [exclusive('pool')],
      coalesce: ({ word }) => word,
      async run({ word }) {
        await gates[runs++]?.opened;
        return { word: `${word} ${runs}` };
      },
    });
    const server = await stage.serve([coalescing]);
    const first = call('x');
    await expect.poll(() => server.health().running).toBe(1);
    const later = [call('x', { idempotencyKey: 'k' }), call('x'), call('x')];
    await expect.poll(() => server.health().inFlight).toBe(4);
    gates[0]?.open();
    gates[1]?.open();
    expect(await first).toEqual({ word: 'x 1' });
    expect(await Promise.all(later)).toEqual([{ word: 'x 2' }, { word: 'x 2' }, { word: 'x 2' }]);
    expect(await call('x', { idempotencyKey: 'k' })).toEqual({ word: 'x 2' });
    expect(runs).toBe(2);
  });

  test('two callers that use one key are two effects', async () => {
    const callers = new Set<string | undefined>();
    await stage.serve([defineHandler(echo, { run: ({ word }, { caller }) => (callers.add(caller), { word }) })]);
    for (const user of ['ann', 'bob'] as const) {
      await stage.client({ user }).call(echo, { word: 'x' }, { to: stage.to, idempotencyKey: 'k' });
    }
    expect(callers.size).toBe(2);
  });

  test("a handler's own idempotency key goes before the caller's", async () => {
    let runs = 0;
    await stage.serve([
      defineHandler(echo, { idempotencyKey: ({ word }) => word, run: ({ word }) => ({ word: `${word} ${++runs}` }) }),
    ]);
    expect(await call('x', { idempotencyKey: 'a' })).toEqual({ word: 'x 1' });
    expect(await call('x', { idempotencyKey: 'b' })).toEqual({ word: 'x 1' });
  });

  test('a declared error is stored with its key, an internal one is not', async () => {
    let runs = 0;
    const failing = defineHandler(echo, {
      run({ word }) {
        runs++;
        if (word === 'declared') throw failed('too_loud', { decibels: runs });
        throw new Error('no');
      },
    });
    await stage.serve([failing]);
    for (let i = 0; i < 2; i++) {
      const error = await errorOf(call('declared', { idempotencyKey: 'd' }));
      expect(error.declared?.data).toEqual({ decibels: 1 });
    }
    for (let i = 0; i < 2; i++) await errorOf(call('internal', { idempotencyKey: 'i' }));
    expect(runs).toBe(3);
  });

  test('middleware wraps calls on both sides, in the order given', async () => {
    const seen: string[] = [];
    const named =
      (name: string): ServerMiddleware =>
      (next) =>
      async (context) => {
        seen.push(`${name} ${context.action}`);
        return next(context);
      };
    const tracing: ClientMiddleware = (next) => (outgoing) =>
      next({ ...outgoing, options: { ...outgoing.options, headers: { traceparent: '00-1' } } });
    await stage.serve(
      [defineHandler(echo, { run: (_request, { headers }) => ({ word: String(headers['traceparent']) }) })],
      {
        middleware: [named('a'), named('b')],
      },
    );
    const client = stage.client({ middleware: [tracing] });
    expect(await client.call(echo, { word: 'x' }, { to: stage.to })).toEqual({ word: '00-1' });
    expect(seen).toEqual(['a echo', 'b echo']);
  });

  test('hooks see each stage in order, and one that throws disturbs nothing', async () => {
    const stages: string[] = [];
    const endings: string[] = [];
    const locked = defineHandler(echo, { locks: () => [exclusive('one')], run: ({ word }) => ({ word }) });
    await stage.serve([locked], {
      hooks: {
        onStage(name) {
          stages.push(name);
          throw new Error('a bad hook');
        },
        onEnd: (call, { code, disposition }) => void endings.push(`${call.action} ${code} ${disposition}`),
      },
    });
    await call('x', { idempotencyKey: 'k' });
    await expect.poll(() => endings).toEqual(['echo undefined ack']);
    expect(stages).toEqual([
      ...['received', 'parsed', 'validated', 'locked', 'claimed', 'started', 'effect-done', 'recorded', 'unlocked'],
      ...['reply-published', 'reply-confirmed'],
    ]);
  });

  test('a thousand calls at once each get their own answer', async () => {
    await stage.serve([defineHandler(echo, { run: ({ word }) => ({ word }) })]);
    const client = stage.client();
    const words = Array.from({ length: 1_000 }, (_, index) => `word ${index}`);
    const answers = await Promise.all(words.map((word) => client.call(echo, { word }, { to: stage.to })));
    expect(answers.map(({ word }) => word)).toEqual(words);
    expect(client.health().pending).toBe(0);
  });

  test('requests of one caller as large as the limit are carried in both directions', async () => {
    const big = defineAction({ ...echo, name: 'big', request: z.object({ word: z.string() }) });
    await stage.serve([defineHandler(big, { run: ({ word }) => ({ word }) })]);
    const word = 'é'.repeat(500_000);
    expect(await stage.client().call(big, { word }, { to: stage.to })).toEqual({ word });
  });
});
