import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog, systemClock } from 'samovar';
import setUp, { settings } from 'samovar/handlers';
import setUpSite, { settings as siteSettings } from 'samovar/handlers/site';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { defineAction, defineHandler, exclusive, type Handler } from '../../src/index.js';
import { mockHandlers } from '../../src/mock/mock-handlers.js';
import { createSeededRandom } from '../../src/testing/seeded-random.js';
import { failureOf, openStage, type Stage } from '../e2e/stage.js';
import { openMemoryWorld } from '../e2e/worlds.js';
import { generated } from './generated.js';

describe('a mocked worker', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(openMemoryWorld);
  });
  afterEach(() => stage.close());

  const restart = defineAction({
    name: 'restart',
    summary: 'Restarts a pool.',
    request: z.object({ pool: z.string() }),
    response: z.object({ pid: z.int().positive(), startedAt: z.iso.datetime() }),
  });
  const mustNotRun = () => {
    throw new Error('expected no code of the handler to run');
  };
  const handler = defineHandler(restart, {
    locks: () => [exclusive(mustNotRun())],
    coalesce: mustNotRun,
    idempotencyKey: mustNotRun,
    onCrash: 'park',
    run: mustNotRun,
  });
  const mocked = () => mockHandlers([handler], { random: createSeededRandom(1) });

  test('answers with a valid reply and runs no code of the handler', async () => {
    await stage.serve(mocked());
    const { pid, startedAt } = await stage.client().call(restart, { pool: 'a' }, { to: stage.to });
    expect(pid).toBeGreaterThan(0);
    expect(Date.parse(startedAt)).toBeGreaterThan(0);
  });

  test('refuses a bad request as the real one would', async () => {
    await stage.serve(mocked());
    const { name, summary, response } = restart;
    const untyped = defineAction({ name, summary, request: z.object({ pool: z.int() }), response });
    const call = stage.client().call(untyped, { pool: 1 }, { to: stage.to });
    expect(await failureOf(call)).toMatchObject({ code: 'invalid_request', outcome: 'not_executed' });
  });
});

test('the handlers that come with Samovar can all be mocked', async () => {
  const root = await mkdtemp(join(tmpdir(), 'samovar-mock-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const setup = { log: silentLog, clock: systemClock, signal: new AbortController().signal, onStop: () => undefined };
  const handlers: readonly Handler[] = [
    ...setUp({ settings: settings.parse({}), clock: systemClock }),
    ...(await setUpSite({ ...setup, settings: siteSettings.parse({ root }) })),
  ];
  const mocked = mockHandlers(handlers, { random: createSeededRandom(1) });
  expect(mocked.map(({ action }) => action)).toEqual(handlers.map(({ action }) => action));
});

test('the same random gives the same replies, another one others', () => {
  const response = z.object({ id: z.uuid(), size: z.int(), tags: z.array(z.string()) });
  expect(generated(response, { seed: 7 })).toEqual(generated(response, { seed: 7 }));
  expect(generated(response, { seed: 7 })).not.toEqual(generated(response, { seed: 8 }));
});

test('an example of the whole response is preferred to those of its properties', () => {
  const field = z.object({ name: z.string().meta({ examples: ['trees'] }), sizeGb: z.int() });
  expect(generated(field, { count: 1 })).toMatchObject([{ name: 'trees' }]);
  const whole = field.meta({ examples: [{ name: 'flowers', sizeGb: 3 }] });
  expect(generated(whole, { count: 1 })).toEqual([{ name: 'flowers', sizeGb: 3 }]);
});

test('of several examples each is used', () => {
  const response = z.string().meta({ examples: ['one', 'two'] });
  expect(new Set(generated(response))).toEqual(new Set(['one', 'two']));
});

test('an example that the schema refuses is left aside', () => {
  expect(
    generated(
      z
        .int()
        .max(5)
        .meta({ examples: [6] }),
      { count: 1 },
    )[0],
  ).toBeLessThanOrEqual(5);
});

test('a default is preferred', () => {
  expect(generated(z.object({ retries: z.int().default(3) }), { count: 1 })).toEqual([{ retries: 3 }]);
});

test('a reply meets the refinements of its schema', () => {
  const response = z
    .object({ from: z.int().min(0).max(9), to: z.int().min(0).max(9) })
    .refine(({ from, to }) => from < to);
  for (const reply of generated(response)) expect(response.safeParse(reply).success).toBe(true);
});

test.each([
  [z.string().refine((text) => text === 'sesame'), 'sesame'],
  [z.object({ tag: z.string().regex(/^<(\w+)>.*<\/\1>$/) }), { tag: '<b>x</b>' }],
])('an example makes any action one that can be mocked', (response, example) => {
  expect(generated(response.meta({ examples: [example] }), { count: 1 })).toEqual([example]);
});

describe('an action whose reply cannot be generated is refused, with the way out', () => {
  const advice = 'give the schema an example: .meta({ examples: [...] })';
  test.each([
    ['a refinement that hardly any value meets', z.string().refine((text) => text === 'sesame'), 'the response: '],
    [
      'a pattern that looks back',
      z.object({ tag: z.string().regex(/^<(\w+)>.*<\/\1>$/) }),
      'cannot draw from the pattern',
    ],
    ['a pattern of a property of characters', z.string().regex(/^\p{Lu}$/u), 'cannot draw from the pattern'],
    ['a value that needs itself', endless(), 'never ends'],
    ['a value that cannot be', z.object({ never: z.never() }), 'nothing found for the response.never'],
    ['bounds that exclude each other', z.int().min(3).max(2), 'nothing found for the response'],
    [
      'a check that throws',
      z.int().refine(() => {
        throw new Error('no database');
      }),
      'no database',
    ],
  ])('%s', (_, response, reason) => {
    const refusal = refusalOf(response);
    expect(refusal).toBeInstanceOf(TypeError);
    for (const part of ['of action mocked', reason, advice]) expect(refusal).toHaveProperty('message', including(part));
  });
});

function refusalOf(response: z.ZodType): unknown {
  try {
    return generated(response);
  } catch (error) {
    return error;
  }
}

const including = (part: string) => expect.stringContaining(part) as unknown;

function endless(): z.ZodType {
  const node = z.object({
    get next(): z.ZodType {
      return node;
    },
  });
  return node;
}
