import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadHandlerModules } from '../../../src/cli/handlers/load.js';
import { moduleOf, refusal, temporaryFolder } from './packages.js';

const manifest = { type: 'module', samovar: { handlers: './dist/handlers.js' } };

function handlerPackage(root: string, ...actions: string[]): Record<string, unknown> {
  return { [`${root}/package.json`]: manifest, [`${root}/dist/handlers.js`]: moduleOf(...actions) };
}

it('finds installed, scoped and linked packages, from the folder of the configuration and from the working folder', async () => {
  const [etc, cwd, workspace] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  await etc.write({
    ...handlerPackage('node_modules/pots', 'pot'),
    ...handlerPackage('node_modules/@kitchen/cups', 'cup'),
    'node_modules/no-handlers/package.json': { main: './throws.js' },
    'node_modules/broken/package.json': '{',
    'node_modules/a-file': '',
    'node_modules/.cache/package.json': manifest,
  });
  await workspace.write(handlerPackage('trays', 'tray'));
  await cwd.link(join(workspace.path, 'trays'), 'node_modules/trays');
  await cwd.write(handlerPackage('node_modules/pots', 'a_pot_that_is_further_away'));
  await cwd.write({ 'deep/down/file': '' });
  const modules = await loadHandlerModules('auto', { cwd: join(cwd.path, 'deep/down'), folder: etc.path });
  expect(modules.map(({ name, location }) => [name, location])).toEqual([
    ['@kitchen/cups', join(etc.path, 'node_modules/@kitchen/cups/dist/handlers.js')],
    ['pots', join(etc.path, 'node_modules/pots/dist/handlers.js')],
    ['trays', join(workspace.path, 'trays/dist/handlers.js')],
  ]);
});

it('fails the start where it finds none, and names the folders it looked at', async () => {
  const folder = await temporaryFolder();
  const told = await refusal(loadHandlerModules('auto', { cwd: folder.path }));
  expect(told).toMatch(/^expected handlers: auto to find a package with "samovar": \{"handlers": "\.\/…"\}/);
  expect(told).toContain(join(folder.path, 'node_modules'));
});

it('fails the start for a package that cannot be loaded, and names it', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'node_modules/pots/package.json': manifest });
  const told = await refusal(loadHandlerModules('auto', { cwd: folder.path }));
  expect(told).toMatch(
    /handlers: auto, .*node_modules\/pots: handlers of pots: expected a file at .*dist\/handlers\.js/,
  );
});
