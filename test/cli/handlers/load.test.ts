import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHandlerModules } from '../../../src/cli/handlers/load.js';
import { handlersOf, moduleOf, reference, refusal, setupParts, temporaryFolder, type Folder } from './packages.js';

async function actionsOf(use: string, folder: Folder, settings?: unknown): Promise<string[]> {
  const [module] = await loadHandlerModules([reference(use, folder, settings)], { cwd: folder.path });
  const handlers = (await module?.setUp(setupParts().setup)) ?? [];
  return handlers.map(({ action }) => action.name);
}

describe('where a module is found', () => {
  const esm = { type: 'module' };
  it.each<[what: string, use: string, files: Record<string, unknown>]>([
    ['a path', './hello.mjs', { 'hello.mjs': moduleOf('a') }],
    ['a path to a folder', './hello', { 'hello/package.json': { ...esm, main: 'x.js' }, 'hello/x.js': moduleOf('a') }],
    [
      'a path to a folder that names its handlers',
      './hello',
      { 'hello/package.json': { ...esm, samovar: { handlers: './dist/h.js' } }, 'hello/dist/h.js': moduleOf('a') },
    ],
    [
      'a package by its main file',
      'pots',
      { 'node_modules/pots/package.json': { ...esm, main: './m.js' }, 'node_modules/pots/m.js': moduleOf('a') },
    ],
    [
      'a package without a manifest',
      'pots',
      { 'node_modules/pots/index.js': `const { z } = require('zod'); module.exports = ${handlersOf('a')};` },
    ],
    [
      'a package that exports only for import',
      'pots',
      {
        'node_modules/pots/package.json': { ...esm, exports: { '.': { types: './m.d.ts', import: './m.js' } } },
        'node_modules/pots/m.js': moduleOf('a'),
      },
    ],
    [
      'a package whose only export is a text',
      'pots',
      { 'node_modules/pots/package.json': { ...esm, exports: './m.js' }, 'node_modules/pots/m.js': moduleOf('a') },
    ],
    [
      'the import side of a package that has both',
      'pots',
      {
        'node_modules/pots/package.json': { exports: { import: { default: './m.mjs' }, require: './m.cjs' } },
        'node_modules/pots/m.mjs': moduleOf('a'),
        'node_modules/pots/m.cjs': 'throw new Error("the wrong one");',
      },
    ],
    [
      'a subpath of a scoped package',
      '@kitchen/pots/large',
      {
        'node_modules/@kitchen/pots/package.json': { ...esm, exports: { '.': './m.js', './large': './large.js' } },
        'node_modules/@kitchen/pots/large.js': moduleOf('a'),
      },
    ],
    [
      'a subpath by a pattern',
      'pots/sizes/large.js',
      {
        'node_modules/pots/package.json': { ...esm, exports: { './*': './no/*', './sizes/*.js': './dist/*.js' } },
        'node_modules/pots/dist/large.js': moduleOf('a'),
      },
    ],
    [
      'a subpath of a package without exports',
      'pots/large.js',
      { 'node_modules/pots/package.json': esm, 'node_modules/pots/large.js': moduleOf('a') },
    ],
    [
      'what the package names as its handlers, before its main file',
      'pots',
      {
        'node_modules/pots/package.json': { ...esm, exports: './m.js', samovar: { handlers: './dist/h.js' } },
        'node_modules/pots/m.js': 'throw new Error("the wrong one");',
        'node_modules/pots/dist/h.js': moduleOf('a'),
      },
    ],
  ])('%s', async (_what, use, files) => {
    const folder = await temporaryFolder();
    await folder.write(files);
    expect(await actionsOf(use, folder)).toEqual(['a']);
  });

  it('a package in a folder above, a linked one, and one beside the working folder', async () => {
    const [project, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
    await elsewhere.write({
      'pots/package.json': { type: 'module', main: 'm.js' },
      'pots/m.js': moduleOf('a'),
      'node_modules/cups/index.mjs': moduleOf('b'),
      'node_modules/cups/package.json': { main: 'index.mjs' },
    });
    await project.link(join(elsewhere.path, 'pots'), 'node_modules/pots');
    await project.write({ 'deep/down/file': '' });
    const below = { ...reference('pots', project), folder: join(project.path, 'deep/down') };
    const modules = await loadHandlerModules([below, reference('cups', project)], { cwd: elsewhere.path });
    expect(modules.map(({ name, location }) => [name, location])).toEqual([
      ['pots', join(elsewhere.path, 'pots/m.js')],
      ['cups', join(elsewhere.path, 'node_modules/cups/index.mjs')],
    ]);
  });

  it('the handlers that came with samovar itself, wherever it is named', async () => {
    const folder = await temporaryFolder();
    await folder.write({ 'node_modules/samovar/index.js': 'throw new Error("another copy");' });
    expect(await actionsOf('samovar/handlers', folder)).toContain('dx_example');
  });

  it.each<[what: string, use: string, files: Record<string, unknown>, message: RegExp]>([
    ['no such file', './hello.js', {}, /expected a file at .*\/hello\.js, there is none/],
    [
      'no such package',
      'pots',
      {},
      /expected package pots to be installed, found it neither from \/.* upwards, nor beside samovar/,
    ],
    ['a path without its dot', 'hello.js', { 'hello.js': '' }, /for .*\/hello\.js write \.\/hello\.js/],
    ['no name at all', '@pots', {}, /name of a package, or a path/],
    [
      'a package that is not built',
      'pots',
      { 'node_modules/pots/package.json': { samovar: { handlers: './dist/h.js' } } },
      /expected a file at .*dist\/h\.js.*is the package built/,
    ],
    [
      'no path for its handlers',
      'pots',
      { 'node_modules/pots/package.json': { samovar: { handlers: 5 } } },
      /in .*pots\/package\.json to be the path of a file, got 5/,
    ],
    [
      'a subpath it does not export',
      'pots/x',
      { 'node_modules/pots/package.json': { exports: './m.js' } },
      /expected the package in .*pots to export \.\/x/,
    ],
    ['no main file', 'pots', { 'node_modules/pots/package.json': {} }, /to have a main file/],
    [
      'a package for require only',
      'pots',
      { 'node_modules/pots/package.json': { exports: { require: './m.cjs' } } },
      /to have a main file/,
    ],
    [
      'a manifest that is no JSON',
      'pots',
      { 'node_modules/pots/package.json': '{' },
      /expected JSON in .*pots\/package\.json/,
    ],
    ['no such part of samovar', 'samovar/pots', {}, /samovar\/pots: expected samovar\/handlers or /],
    ['a module that throws', './x.mjs', { 'x.mjs': 'throw new Error("no beans");' }, /cannot be loaded: no beans/],
    [
      'a module that imports what is not there',
      './node_modules/x/x.mjs',
      { 'node_modules/x/x.mjs': 'import "no-beans";' },
      /Cannot find package 'no-beans'.*; install what it imports beside it/,
    ],
  ])('refuses %s, and names the place that asks for it', async (_what, use, files, message) => {
    const folder = await temporaryFolder();
    await folder.write(files);
    const told = await refusal(actionsOf(use, folder));
    expect(told).toMatch(message);
    expect(told).toContain(`samovar.yml:3:1: handlers of ${use}: `);
  });

  it('refuses all modules that are wrong at once', async () => {
    const folder = await temporaryFolder();
    const references = [reference('./x.mjs', folder), reference('samovar/handlers', folder), reference('pots', folder)];
    const told = await refusal(loadHandlerModules(references, { cwd: folder.path }));
    expect(told.split('\n')).toEqual([expect.stringContaining('./x.mjs'), expect.stringContaining('package pots')]);
  });

  it('refuses one module that is named twice, and names both', async () => {
    const folder = await temporaryFolder();
    await folder.write({ 'x.mjs': moduleOf('a') });
    const again = { ...reference(join(folder.path, 'x.mjs'), folder), locate: () => 'samovar.yml:9:1' };
    const told = await refusal(loadHandlerModules([reference('./x.mjs', folder), again], { cwd: folder.path }));
    expect(told).toMatch(/^samovar\.yml:9:1: .*once; \.\/x\.mjs at samovar\.yml:3:1 has it already/);
  });

  it('refuses to go without any module, and says where they are named', async () => {
    const told = await refusal(loadHandlerModules([], { cwd: '/' }));
    expect(told).toMatch(/"handlers" in the configuration, with --handlers or in SAMOVAR_HANDLERS/);
  });
});
