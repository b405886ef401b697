import { describe, expect, it } from 'vitest';
import { loadHandlerModules } from '../../../src/cli/handlers/load.js';
import { handlersOf, moduleOf, reference, refusal, setupParts, temporaryFolder } from './packages.js';

const zod = `import { z } from 'zod';\n`;

async function load(source: string, settings?: unknown, file = 'x.mjs') {
  const folder = await temporaryFolder();
  await folder.write({ [file]: source });
  const [module] = await loadHandlerModules([reference(`./${file}`, folder, settings)], { cwd: folder.path });
  const parts = setupParts();
  return { ...parts, handlers: (await module?.setUp(parts.setup)) ?? [] };
}

const echo = `setup => [{ ...${handlersOf('a')}[0], run: () => JSON.stringify(setup.settings) }]`;

async function settingsSeen(source: string, settings?: unknown): Promise<unknown> {
  const { handlers } = await load(`${zod}${source}\nexport default ${echo};`, settings);
  const told = (handlers[0] as unknown as { run(): string | undefined }).run();
  return told === undefined ? undefined : (JSON.parse(told) as unknown);
}

describe('what a module may export', () => {
  it.each([
    ['handlers', moduleOf('a', 'b'), 'x.mjs'],
    ['a set-up', `${zod}export default () => ${handlersOf('a', 'b')};`, 'x.mjs'],
    ['a set-up that takes its time', `${zod}export default async () => ${handlersOf('a', 'b')};`, 'x.mjs'],
    ['CommonJS', `const { z } = require('zod'); module.exports = () => ${handlersOf('a', 'b')};`, 'x.cjs'],
    [
      'CommonJS as compilers write it',
      `const { z } = require('zod'); exports.__esModule = true; exports.default = ${handlersOf('a', 'b')};`,
      'x.cjs',
    ],
  ])('%s', async (_what, source, file) => {
    const { handlers } = await load(source, undefined, file);
    expect(handlers.map(({ action }) => action.name)).toEqual(['a', 'b']);
  });

  it('a set-up gets what the worker has, and registers what is to be done at the end', async () => {
    const { setup, tasks } = await load(`${zod}export default (setup) => {
      if (!setup.client || !setup.log || !setup.clock || !setup.signal) throw new Error('something is missing');
      setup.onStop(() => 'ended');
      return ${handlersOf('a')};
    }`);
    expect(tasks.map((task) => task())).toEqual(['ended']);
    expect(setup.signal.aborted).toBe(false);
  });

  it.each<[what: string, source: string, message: RegExp]>([
    ['no default export', 'export const handlers = [];', /a default export.*got the exports handlers/],
    ['nothing', '', /a default export.*got no exports/],
    ['a number', 'export default 5;', /its default export to be an array of handlers, got a value of type number/],
    [
      'one handler without an array',
      'export default { action: {}, run() {} };',
      /an array of handlers, got a value of/,
    ],
    ['an array of something else', 'export default [5];', /its default export\[0\] to be made with defineHandler/],
    [
      'an action without a schema',
      'export default [{ action: { name: "a" }, run() {} }];',
      /"request" of action a to be/,
    ],
    ['a name that no broker takes', moduleOf('a b'), /expected an action name of .*, got "a b"/],
    [
      'a timeout that cannot be',
      `${zod}export default [{ ...${handlersOf('a')}[0], timeoutMs: 0 }];`,
      /timeoutMs of the/,
    ],
    ['one action twice', moduleOf('a', 'a'), /expected one handler for each action, got two for a/],
    [
      'settings that are no schema',
      'export const settings = { x: 1 }; export default [];',
      /"settings" to be a zod schema/,
    ],
  ])('is refused with %s', async (_what, source, message) => {
    const told = await refusal(load(source));
    expect(told).toMatch(message);
    expect(told).toMatch(/^samovar\.yml:3:1: handlers of \.\/x\.mjs: /);
  });

  it.each([
    ['gives nothing', 'export default () => {};', /what its set-up gives to be an array.*got undefined/],
    ['throws', 'export default () => { throw new Error("no beans"); };', /its set-up failed: no beans/],
    ['rejects', 'export default async () => { throw "no beans"; };', /its set-up failed: no beans/],
  ])('cannot be set up now when its set-up %s', async (_what, source, message) => {
    const told = await refusal(load(source), 'SetUpError');
    expect(told).toMatch(message);
    expect(told).toMatch(/^samovar\.yml:3:1: handlers of \.\/x\.mjs: /);
  });
});

describe('the settings of a module', () => {
  const schema = 'export const settings = z.object({ root: z.string(), depth: z.int().default(3) });';
  const foreign = `export const settings = { safeParse: (value) => value.root === '/srv'
    ? { success: true, data: { seen: value.root } }
    : { success: false, error: { issues: [{ path: ['root'], message: 'expected /srv' }] } } };`;

  it('are what its schema made of them', async () => {
    expect(await settingsSeen(schema, { root: '/srv' })).toEqual({ root: '/srv', depth: 3 });
  });

  it.each([undefined, null])('are an empty object to it where %s is given', async (given) => {
    expect(await settingsSeen('export const settings = z.object({ depth: z.int().default(3) });', given)).toEqual({
      depth: 3,
    });
  });

  it('are none without a schema', async () => {
    expect(await settingsSeen('')).toBeUndefined();
    expect(await refusal(settingsSeen('', { root: '/srv' }))).toMatch(/expected no settings, since the module exports/);
  });

  it('may be checked by another copy of zod', async () => {
    expect(await settingsSeen(foreign, { root: '/srv' })).toEqual({ seen: '/srv' });
    expect(await refusal(settingsSeen(foreign, {}))).toContain('settings.root: expected /srv');
  });

  it('that are wrong fail the start with each issue and its place', async () => {
    const told = await refusal(settingsSeen(schema, { root: 5, depth: 'x' }));
    expect(told.split('\n')).toEqual([
      expect.stringMatching(/^samovar\.yml:3:2: handlers of \.\/x\.mjs: settings\.root: .*expected string/),
      expect.stringMatching(/^samovar\.yml:3:2: handlers of \.\/x\.mjs: settings\.depth: .*expected number/),
    ]);
  });

  it('are refused if their schema needs a promise', async () => {
    const slow = 'export const settings = z.object({}).refine(async () => true);';
    expect(await refusal(settingsSeen(slow))).toMatch(/expected its settings schema to parse synchronously/);
  });
});
