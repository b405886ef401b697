import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository } from './sources.js';

const execute = promisify(execFile);

/** A project with a built samovar and the copied template in its node_modules; all that Node itself loads. */
let project: string;
let samovar: string;

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'samovar-template-')));
  samovar = join(project, 'node_modules/samovar');
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const build = [tsc, '-p', 'tsconfig.build.json', '--outDir', join(samovar, 'dist')];
  await execute(process.execPath, build, { cwd: repository }).catch((error: unknown) => {
    throw new Error(`expected the package to build, got:\n${(error as { stdout: string }).stdout}`, { cause: error });
  });
  await cp(join(repository, 'package.json'), join(samovar, 'package.json'));
  await link('node_modules', join(samovar, 'node_modules'));
  await link('node_modules/zod', join(project, 'node_modules/zod'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Links something of the repository. */
async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await symlink(join(repository, from), to);
}

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, name)), { recursive: true });
  await writeFile(join(project, name), text);
}

/** The command line, as it is installed. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [join(samovar, 'dist/src/cli/main.js'), ...args];
  return execute(process.execPath, command, { cwd: project }).then(
    (done) => ({ code: 0, ...done }),
    (failed: unknown) => failed as { code: number; stdout: string; stderr: string },
  );
}

/** Loads modules as a worker does, serves them over memory, and prints what `calls` print. */
async function serve(handlers: string, calls: string): Promise<string[]> {
  const program = `
    import { createClient, declaredErrorOf, silentLog, startServer, systemClock } from 'samovar';
    import { createMemoryTransport } from 'samovar/memory';
    import { loadHandlerModules } from './node_modules/samovar/dist/src/cli/handlers/load.js';
    import { setUpHandlers } from './node_modules/samovar/dist/src/cli/handlers/select.js';
    const transport = createMemoryTransport();
    const client = createClient({ transport });
    const to = 'node-1';
    const modules = await loadHandlerModules(${handlers}, { cwd: process.cwd() });
    const virtualHost = { name: 'trees', exchanges: undefined, allowMissingHandlers: false };
    const setup = { log: silentLog, clock: systemClock, client, signal: new AbortController().signal, onStop: () => {} };
    const packaged = await setUpHandlers(modules, virtualHost, setup);
    const server = await startServer({ transport, address: to, handlers: packaged.map(({ handler }) => handler) });
    ${calls}
    await client.close();
    await server.stop();
    await transport.close();`;
  await write('serve.mjs', program);
  const { stdout } = await execute(process.execPath, ['serve.mjs'], { cwd: project });
  return stdout.trimEnd().split('\n');
}

test('the template is built and tested by its own scripts, loaded by handlers: auto, and known to samovar call', async () => {
  const template = join(project, 'node_modules/@example/samovar-notes');
  await cp(join(repository, 'templates/handler-package'), template, { recursive: true });
  for (const name of ['typescript', '@types/node']) {
    await link(`node_modules/${name}`, join(template, 'node_modules', name));
  }
  await mkdir(join(template, 'node_modules/.bin'));
  await link('node_modules/typescript/bin/tsc', join(template, 'node_modules/.bin/tsc'));

  const tested = await execute('npm', ['test', '--offline'], { cwd: template });
  expect(tested.stdout).toMatch(/pass 3\n/);
  expect(tested.stdout).toMatch(/fail 0\n/);

  const lines = await serve(
    `'auto'`,
    `import { addNote } from '@example/samovar-notes';
     console.log(packaged.map(({ from }) => from).join());
     console.log(JSON.stringify(await client.call(addNote, { list: 'shop', text: 'tea' }, { to })));`,
  );
  expect(lines).toEqual(['@example/samovar-notes', '{"notes":1}']);

  const listed = await run('actions', '--handlers', 'auto');
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(listed.stdout).toMatch(
    /example_add_note +@example\/samovar-notes +yes +60 s +Adds a note to a list\. +list_full/,
  );
  const byPath = await run('actions', '--handlers', './node_modules/@example/samovar-notes', '--json');
  expect(JSON.parse(byPath.stdout)).toMatchObject([{ name: 'example_add_note', errors: ['list_full'] }]);

  // Its contract is found, and so the wrong request is not sent: nobody is there.
  const options = ['--url', 'amqp://127.0.0.1:1', '--handlers', 'auto', '--body', '{"list": "shop"}'];
  const called = await run('call', 'example_add_note', ...options);
  expect(called.stderr).toMatch(/text: expected string, got nothing\n +it takes: list \(string\), text \(string\)\n$/);
  expect(called.code).toBe(64);
});

test('a package that brings its own samovar and its own zod serves as any other', async () => {
  const root = 'node_modules/twin';
  await write(`${root}/package.json`, '{"type": "module", "samovar": {"handlers": "./h.js"}}');
  await write(
    `${root}/h.js`,
    `import { defineAction, defineHandler, exclusive, failed, reply } from 'samovar';
     import { z } from 'zod';
     export const settings = z.object({ most: z.int().default(5) });
     export const count = defineAction({ name: 'count', summary: 'Counts.', request: z.object({ to: z.int() }),
       response: z.object({ counted: z.int() }), errors: { too_far: z.object({ most: z.int() }) } });
     export default ({ settings: { most } }) => [defineHandler(count, {
       locks: () => [exclusive('fingers')],
       run: ({ to }) => { if (to > most) throw failed('too_far', { most }); return reply({ counted: to }, { message: 'Counted' }); },
     })];`,
  );
  await cp(join(samovar, 'dist'), join(project, root, 'node_modules/samovar/dist'), { recursive: true });
  await cp(join(samovar, 'package.json'), join(project, root, 'node_modules/samovar/package.json'));
  await cp(join(repository, 'node_modules/zod'), join(project, root, 'node_modules/zod'), { recursive: true });

  const lines = await serve(
    `[{ use: 'twin', folder: process.cwd(), settings: undefined, locate: () => 'here' }]`,
    `const { action } = packaged[0].handler;
     console.log(JSON.stringify(await client.call(action, { to: 3 }, { to })));
     const error = await client.call(action, { to: 9 }, { to }).catch((thrown) => thrown);
     console.log(error.code, JSON.stringify(declaredErrorOf(action, error)));`,
  );
  expect(lines).toEqual(['{"counted":3}', 'failed {"name":"too_far","data":{"most":5}}']);
});

test('a module that Node cannot load is refused with one line that says why', async () => {
  await write('typed.mts', 'enum Size { small }\nexport default [Size.small];');
  await write('lonely.mjs', `import 'no-beans';`);
  const typed = await run('actions', '--handlers', './typed.mts');
  expect(typed.code).toBe(78);
  expect(typed.stderr.trimEnd()).toMatch(/^samovar: --handlers: handlers of \.\/typed\.mts: it cannot be loaded: .*$/);
  const lonely = await run('actions', '--handlers', './lonely.mjs');
  expect(lonely.code).toBe(78);
  expect(lonely.stderr).toMatch(/Cannot find package 'no-beans'.*; install what it imports beside it/);
  await write('unfinished.mjs', 'import {');
  const unfinished = await run('actions', '--handlers', './unfinished.mjs');
  expect(unfinished.stderr.trimEnd()).toMatch(/"node .*\/unfinished\.mjs" shows where$/);
  const missing = await run('actions', '--handlers', 'samovar/pots');
  expect(missing.stderr).toMatch(
    /^samovar: --handlers: handlers of samovar\/pots: expected samovar\/handlers or samovar\/handlers\/site, got no module/,
  );
});

test('CommonJS is loaded as Node shows it', async () => {
  await write('plain.cjs', `const { handlers } = require('./made.cjs'); module.exports = () => handlers;`);
  await write(
    'made.cjs',
    `const { defineAction, defineHandler } = require('samovar');
     const { z } = require('zod');
     const action = defineAction({ name: 'cjs', summary: 'Is old.', request: z.object({}), response: z.null() });
     exports.handlers = [defineHandler(action, { run: () => null })];`,
  );
  await write('compiled.cjs', `exports.__esModule = true; exports.default = require('./made.cjs').handlers;`);
  for (const file of ['./plain.cjs', './compiled.cjs']) {
    expect(await run('actions', '--handlers', file)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^cjs /m) as string,
    });
  }
});
