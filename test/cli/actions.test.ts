import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runSamovar } from '../support/samovar-process.js';
import { moduleOf, refusal, temporaryFolder, type Folder } from './handlers/packages.js';
import { runCommand } from './run-command.js';

const actions = (folder: Folder, ...args: string[]) => runCommand(['actions', ...args], { cwd: folder.path });

const kitchen = `import { z } from 'zod';
import { appendFileSync } from 'node:fs';
const note = (word) => appendFileSync(new URL('notes', import.meta.url), word + '\\n');
export const settings = z.object({ pots: z.int() });
export default ({ settings, client, signal, onStop }) => {
  note('set up with ' + settings.pots + (client.health().transport.status === 'ready' ? '' : ', connected'));
  signal.addEventListener('abort', () => note('aborted'));
  onStop(() => note('ended'));
  const action = { name: 'brew', summary: 'Brews\\n a pot.', request: z.object({ grams: z.int().default(60) }),
    response: z.object({ left: z.int() }), errors: { no_beans: z.object({ left: z.int() }) } };
  return [{ action, locks: () => [], timeoutMs: 1500, run: () => ({ left: 0 }) }];
};`;

const file = `server: {url: 'amqp://127.0.0.1:1'}
virtual_hosts:
  trees:
    handlers: [./cups.mjs, {use: ./kitchen.mjs, settings: {pots: 2}}]
  lawns:
    handlers: [./cups.mjs]
    exchanges: {cup: {type: direct}}
`;

async function household(): Promise<Folder> {
  const folder = await temporaryFolder();
  await folder.write({ 'kitchen.mjs': kitchen, 'cups.mjs': moduleOf('cup', 'saucer'), 'samovar.yml': file });
  return folder;
}

it('tells which package gives which action', async () => {
  const folder = await household();
  const { code, lines } = await actions(folder, '--config', 'samovar.yml', '--vhost', 'trees');
  expect(code).toBe(0);
  expect(lines).toEqual([
    'ACTION  PACKAGE        LOCKS  TIMEOUT  SUMMARY       ERRORS',
    'cup     ./cups.mjs     no     60 s     Says cup.     -',
    'saucer  ./cups.mjs     no     60 s     Says saucer.  -',
    'brew    ./kitchen.mjs  yes    1.5 s    Brews a pot.  no_beans',
    '',
    `./cups.mjs: ${join(folder.path, 'cups.mjs')}`,
    `./kitchen.mjs: ${join(folder.path, 'kitchen.mjs')}`,
  ]);
});

it('sets modules up and ends them again, without a broker', async () => {
  const folder = await household();
  await actions(folder, '--config', 'samovar.yml', '--vhost', 'trees');
  expect(await folder.read('notes')).toBe('set up with 2\naborted\nended\n');
});

it('tells the actions of each virtual host, only those that it lists', async () => {
  const { lines } = await actions(await household(), '--config', 'samovar.yml', '--all-vhosts');
  expect(
    lines.filter((line) => /^(virtual host|cup|saucer|brew)/.test(line)).map((line) => line.split('  ')[0]),
  ).toEqual(['virtual host trees', 'cup', 'saucer', 'brew', 'virtual host lawns', 'cup']);
});

it('prints JSON', async () => {
  const folder = await household();
  const { lines } = await actions(folder, '--config', 'samovar.yml', '--vhost', 'trees', '--json');
  expect((JSON.parse(lines.join('\n')) as unknown[])[2]).toEqual({
    virtualHost: 'trees',
    name: 'brew',
    summary: 'Brews\n a pot.',
    package: './kitchen.mjs',
    location: join(folder.path, 'kitchen.mjs'),
    locks: true,
    timeoutMs: 1500,
    errors: ['no_beans'],
  });
});

it('needs no file to tell what modules give', async () => {
  const { lines } = await actions(
    await household(),
    '--handlers',
    './cups.mjs',
    '--handlers',
    'samovar/handlers',
    '--json',
  );
  const all = JSON.parse(lines.join('\n')) as { name: string; virtualHost?: string }[];
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['cup', 'saucer', 'dx_example']));
  expect(all.every((one) => !('virtualHost' in one))).toBe(true);
});

it('prints the schemas of an action', async () => {
  const args = ['--config', 'samovar.yml', '--vhost', 'trees', '--schema', 'brew'];
  const { lines } = await actions(await household(), ...args);
  const schemas = JSON.parse(lines.join('\n')) as Record<string, unknown>;
  expect(schemas).toMatchObject({
    request: { type: 'object', properties: { grams: { type: 'integer', default: 60 } } },
    response: { type: 'object', required: ['left'] },
    errors: { no_beans: { type: 'object', required: ['left'] } },
  });
  // A default is nothing that a caller must send.
  expect(schemas['request']).not.toHaveProperty('required');
});

it('fails as the worker would, and names the place', async () => {
  const folder = await household();
  await folder.write({ 'samovar.yml': file.replace('{pots: 2}', '{pots: two}') });
  const told = await refusal(actions(folder, '--config', 'samovar.yml', '--vhost', 'trees'));
  expect(told).toMatch(/samovar\.yml:4:\d+: handlers of \.\/kitchen\.mjs: settings\.pots: /);
});

it('exits with 64 for an action that nobody gives, and names those there are', async () => {
  const folder = await household();
  const run = runSamovar(['actions', '--handlers', './cups.mjs', '--schema', 'spoon'], { cwd: folder.path });
  expect((await run.exited).code).toBe(64);
  expect(run.stderr.trimEnd()).toBe('samovar: expected --schema to be one of cup, saucer, got "spoon"');
});

it('exits with 1 and one line for a module that cannot be set up now', async () => {
  const folder = await temporaryFolder();
  await folder.write({ 'x.mjs': 'export default () => { throw new Error("no water"); };' });
  const run = runSamovar(['actions', '--handlers', './x.mjs'], { cwd: folder.path });
  expect((await run.exited).code).toBe(1);
  expect(run.stderr.trimEnd()).toMatch(
    /^samovar: --handlers: handlers of \.\/x\.mjs: its set-up failed: no water \(file:.*\/x\.mjs:1:30\)$/,
  );
});

it('ends when it is interrupted, also in a set-up that hangs', async () => {
  const folder = await temporaryFolder();
  await folder.write({
    'x.mjs': `export default ({ onStop }) => {
    const timer = setInterval(() => {}, 1_000);
    onStop(() => clearInterval(timer));
    console.log('hangs');
    return new Promise(() => {});
  };`,
  });
  const run = runSamovar(['actions', '--handlers', './x.mjs'], { cwd: folder.path });
  await run.waitForErrorLine('hangs');
  run.kill('SIGINT');
  expect(await run.exited).toEqual({ code: 130, signal: null });
});
