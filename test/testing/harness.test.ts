import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAction, defineHandler, exclusive, RetryLater, type Clock } from '../../src/index.js';
import { createTestHarness, type TestHarness, type TestHarnessOptions } from '../../src/testing/index.js';

const brew = defineAction({
  name: 'brew',
  summary: 'Brews a pot.',
  request: z.object({ machine: z.string(), ms: z.int().default(1_000) }),
  response: z.object({ pots: z.int() }),
});

function brewing({ clock }: { readonly clock: Clock }) {
  let pots = 0;
  return [
    defineHandler(brew, {
      locks: ({ machine }) => [exclusive(machine)],
      async run({ ms }) {
        await new Promise<void>((resolve) => void clock.after(ms, resolve));
        pots += 1;
        return { pots };
      },
    }),
  ];
}

let harness: TestHarness | undefined;

async function open(options: TestHarnessOptions = { handlers: brewing }): Promise<TestHarness> {
  harness = await createTestHarness(options);
  return harness;
}

afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

it('a call lets time go on until it is answered, and takes none of the real one', async () => {
  const { call, clock } = await open();
  const startedAt = clock.now();
  expect(await call(brew, { machine: 'm1', ms: 25_000 })).toEqual({ pots: 1 });
  expect(clock.now() - startedAt).toBe(25_000);
});

it('calls that are begun stand still with the time', async () => {
  const { begin, advance, handled, locked, untilIdle } = await open();
  const calls = [begin(brew, { machine: 'm1' }), begin(brew, { machine: 'm1' }), begin(brew, { machine: 'm2' })];
  await advance(500);
  expect(handled.map(({ request, ending }) => [request, ending])).toEqual([
    [{ machine: 'm1', ms: 1_000 }, undefined],
    [{ machine: 'm2', ms: 1_000 }, undefined],
  ]);
  await untilIdle();
  expect(await Promise.all(calls)).toEqual([{ pots: 1 }, { pots: 3 }, { pots: 2 }]);
  expect(locked.map(({ keys, lockedAt, unlockedAt = 0 }) => [keys[0]?.name, unlockedAt - lockedAt])).toEqual([
    ['m1', 1_000],
    ['m2', 1_000],
    ['m1', 1_000],
  ]);
});

it('tells what was sent, handled and replied', async () => {
  const { call, sent, handled, replied } = await open();
  await call(brew, { machine: 'm1' }, { idempotencyKey: 'pot-1' });
  await call(brew, { machine: 'm1' }, { idempotencyKey: 'pot-1' });
  expect(sent.map(({ action, to, idempotencyKey }) => [action, to, idempotencyKey])).toEqual([
    ['brew', 'test', 'pot-1'],
    ['brew', 'test', 'pot-1'],
  ]);
  expect(handled).toHaveLength(1);
  expect(replied).toMatchObject([
    { success: true, data: { pots: 1 } },
    { success: true, data: { pots: 1 } },
  ]);
});

it('a call that nobody answers in time fails at its deadline', async () => {
  const { call } = await open();
  const failing = call(brew, { machine: 'm1', ms: 60_000 }, { timeoutMs: 2_000 });
  await expect(failing).rejects.toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
});

it('what is tried again and in vain is set aside, without a wait', async () => {
  const handler = defineHandler(brew, {
    retry: { attempts: 3, firstDelayMs: 60_000 },
    run() {
      throw new RetryLater();
    },
  });
  const { send, untilIdle, handled, quarantined } = await open({ handlers: [handler] });
  await send(brew, { machine: 'm1' });
  await untilIdle();
  expect(handled.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  expect(quarantined().map(({ attempts }) => attempts)).toEqual([3]);
});

it('nested calls reach the handlers of the harness at its other addresses', async () => {
  const order = defineAction({
    name: 'order',
    summary: 'Has a pot brewed.',
    request: z.object({}),
    response: z.object({}),
  });
  const ordering = defineHandler(order, {
    async run(_request, { client }) {
      await client.call(brew, { machine: 'm1' }, { to: 'kitchen' });
      return {};
    },
  });
  const { call, sent } = await open({
    handlers: (setup) => [ordering, ...brewing(setup)],
    address: ['counter', 'kitchen'],
  });
  expect(await call(order, {})).toEqual({});
  expect(sent.map(({ action, to }) => [action, to])).toEqual([
    ['order', 'counter'],
    ['brew', 'kitchen'],
  ]);
});
