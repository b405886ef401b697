import { defineAction, defineHandler, type Handler } from 'samovar';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { LoadedModule } from '../../../src/cli/handlers/load.js';
import { setUpHandlers, type Selection } from '../../../src/cli/handlers/select.js';
import type { ExchangeSettings } from '../../../src/config/settings.js';
import { refusal, setupParts } from './packages.js';

function module(name: string, ...actions: string[]): LoadedModule {
  const handlers = actions.map((action): Handler =>
    defineHandler(defineAction({ name: action, summary: action, request: z.object({}), response: z.null() }), {
      concurrency: 3,
      timeoutMs: 1_000,
      run: () => null,
    }),
  );
  return { name, location: `/${name}.js`, setUp: () => Promise.resolve(handlers) };
}

function selection(exchanges?: Record<string, Partial<ExchangeSettings>>, allowMissingHandlers = false): Selection {
  const entries = Object.entries(exchanges ?? {}).map(([name, one]) => [name, { type: 'direct', ...one }] as const);
  return { name: 'trees', exchanges: exchanges && new Map(entries), allowMissingHandlers };
}

const select = (modules: readonly LoadedModule[], virtualHost: Selection) =>
  setUpHandlers(modules, virtualHost, setupParts().setup);

it('gives all handlers, each with its module, where no exchanges are listed', async () => {
  const handlers = await select([module('pots', 'a', 'b'), module('cups', 'c')], selection());
  expect(handlers.map(({ handler, from }) => [handler.action.name, from])).toEqual([
    ['a', 'pots'],
    ['b', 'pots'],
    ['c', 'cups'],
  ]);
});

it('gives the handlers of the listed exchanges, with what the list says about each', async () => {
  const listed = selection({ b: { concurrency: 1, timeoutMs: 50 }, a: {} });
  const handlers = await select([module('pots', 'a', 'b', 'c')], listed);
  expect(
    handlers.map(({ handler: { action, concurrency, timeoutMs } }) => [action.name, concurrency, timeoutMs]),
  ).toEqual([
    ['a', 3, 1_000],
    ['b', 1, 50],
  ]);
});

it('fails the start for one action in two packages, and names both', async () => {
  const told = await refusal(select([module('pots', 'a', 'b'), module('cups', 'b')], selection()));
  expect(told).toMatch(/pots and cups both give b/);
});

it('fails the start for a listed exchange without a handler, with the names of both lists', async () => {
  const told = await refusal(select([module('pots', 'a', 'c')], selection({ a: {}, b: {} })));
  expect(told).toBe(
    'virtual host trees: expected handlers for the exchanges a, b, got those for a (pots), c (pots); without a handler: b',
  );
});

it('goes on without a handler where that is allowed, but not without any', async () => {
  const handlers = await select([module('pots', 'a')], selection({ a: {}, b: {} }, true));
  expect(handlers.map(({ handler }) => handler.action.name)).toEqual(['a']);
  expect(await refusal(select([module('pots', 'a')], selection({ b: {} }, true)))).toContain('without a handler: b');
  expect(await refusal(select([module('pots')], selection()))).toMatch(/at least one handler, got none/);
});

it('takes an exchange by its own name alone', async () => {
  expect(await refusal(select([module('pots', 'a')], selection({ constructor: {} })))).toContain('constructor');
});

it('fails the start for an empty list of exchanges', async () => {
  expect(await refusal(select([module('pots', 'a')], selection({})))).toMatch(
    /at least one exchange, got an empty list/,
  );
});
