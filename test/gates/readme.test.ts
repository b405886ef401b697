import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram, runScript, type ScriptProcess } from '../support/process.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { commandsOf, snippetsOf, withBroker } from './readme.js';
import { repository } from './sources.js';

const execute = promisify(execFile);
const folder = join(repository, '.tmp/readme');
const readme = join(repository, 'README.md');
const snippets = existsSync(readme) ? snippetsOf(readFileSync(readme, 'utf8')) : [];
const programs = snippets.filter(({ language }) => ['ts', 'js', 'mjs'].includes(language));
const commands = snippets.filter(({ language }) => ['sh', 'bash', 'console'].includes(language)).flatMap(commandsOf);

const shim = `#!/bin/sh
exec '${process.execPath}' --import tsx '${join(repository, 'src/cli/main.ts')}' "$@"
`;

/** The virtual host of the README's configuration. */
const flowers = 'flowers';

/** What a reader is told to type, and that runs here in the README's order, with the exit code 0. */
const runHere: readonly RegExp[] = [
  /^npm start$/,
  /^(samovar|echo|printf|seq|eval "\$\(samovar|\(umask 077; samovar) /,
];
/** What goes on until it is told to end, and how it says that it has begun. */
const goesOn: readonly { readonly command: RegExp; hasBegun(run: ScriptProcess): Promise<unknown> }[] = [
  { command: /^samovar worker /, hasBegun: (run) => run.waitForErrorLine(/"msg":"ready"/) },
  { command: /^samovar contract serve /, hasBegun: (run) => run.waitForLine(/^http:/) },
];
/** What is not run here, and why. */
const notRunHere: readonly { readonly command: RegExp; readonly because: string }[] = [
  { command: /^git clone /, because: 'this is the clone' },
  { command: /^cd /, because: 'each command runs by itself' },
  { command: /^npm (ci|i|install)\b/, because: 'the packed tarball is installed by a test of its own' },
  { command: /^npm (test|run [\w:-]+)\b/, because: 'it is what runs now, or a part of it' },
  { command: /^(\.\/)?\.ci\/run$/, because: 'it is what runs now' },
  { command: /^npm run bench/, because: 'measuring takes minutes' },
  { command: /^docker /, because: 'there may be no Docker engine' },
  { command: /^samovar completion fish /, because: 'a test of the completion runs it in fish, where there is one' },
  { command: /^samovar quarantine show /, because: 'it needs a request that was set aside' },
  { command: /^cp -r node_modules\/samovar\/templates\//, because: 'a gate of its own builds and tests the template' },
];

describe('the README', () => {
  const scripts: ScriptProcess[] = [];
  let broker: SharedBroker;
  let url: string;

  beforeAll(async () => {
    broker = await sharedRabbitmq();
    url = (await broker.createVirtualHost()).url;
    await broker.management('PUT', `/vhosts/${flowers}`);
    await broker.setPermissions('guest', { virtualHost: flowers });
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const { file, code } of programs) {
      const path = join(folder, file);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, withBroker(code, url));
    }
    for (const { file, code } of snippets.filter(({ language }) => language === 'yaml')) {
      await writeFile(join(folder, file), code);
    }
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/samovar'), shim, { mode: 0o755 });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    const compilerOptions = {
      noUnusedLocals: false,
      noEmit: true,
      allowJs: true,
      types: ['node'],
      paths: Object.fromEntries(sourcesByName().map(([name, path]) => [name, [`../../${path}`]])),
    };
    const include = ['**/*.ts', '**/*.js', '**/*.mjs'];
    const settings = { extends: '../../tsconfig.json', compilerOptions, include };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  });
  afterAll(async () => {
    for (const script of scripts) await script.kill9();
    await broker.deleteVirtualHost(flowers);
  });

  test('is there, with programs to run', () => {
    expect(existsSync(readme)).toBe(true);
    expect(programs).not.toEqual([]);
  });

  test('shows programs that compile', { timeout: 120_000 }, async () => {
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const result = await execute(process.execPath, [tsc, '-p', folder], { cwd: repository }).catch(
      (error: unknown) => error,
    );
    expect(result).toMatchObject({ stdout: '' });
  });

  const runnable = programs.filter(({ words }) => !words.includes('check'));
  test.for(runnable)('shows a program in line $line that runs', { timeout: 60_000 }, async ({ file, words }) => {
    const env = { TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json') };
    const script = runScript(join(folder, file), { env, cwd: folder });
    scripts.push(script);
    if (words.includes('background')) {
      // It says by its first line that it is ready.
      await script.waitForLine(/./);
    } else {
      expect({ ...(await script.exited), stderr: script.stderr }).toMatchObject({ code: 0 });
    }
  });

  test('names no command that the tests do not know', () => {
    const known = [...runHere, ...notRunHere.map(({ command }) => command)];
    expect(commands.filter((command) => !known.some((pattern) => pattern.test(command)))).toEqual([]);
  });

  const isMeant = (patterns: readonly RegExp[]) => (command: string) => patterns.some((one) => one.test(command));
  const isLeftOut = isMeant(notRunHere.map(({ command }) => command));
  const executed = [...new Set(commands)].filter((command) => isMeant(runHere)(command) && !isLeftOut(command));
  test.for(executed)('says %j, which works', { timeout: 120_000 }, async (command) => {
    const lasting = goesOn.find(({ command: pattern }) => pattern.test(command));
    const run = runProgram('bash', {
      args: ['-c', lasting ? `exec ${withBroker(command, url)}` : withBroker(command, url)],
      cwd: command.startsWith('npm ') ? repository : folder,
      env: {
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
        TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
        // Other tests run workers, too: these commands meet their own.
        XDG_RUNTIME_DIR: folder,
        RABBITMQ_PORT: String(broker.port),
      },
    });
    scripts.push(run);
    if (lasting) await lasting.hasBegun(run);
    else expect({ ...(await run.exited), stderr: run.stderr }).toMatchObject({ code: 0 });
  });
});

/** The package's names for its parts, and the sources they are built from. */
function sourcesByName(): [string, string][] {
  const text = readFileSync(join(repository, 'package.json'), 'utf8');
  const { exports } = JSON.parse(text) as { exports: Record<string, string> };
  return Object.entries(exports)
    .filter(([, target]) => target.endsWith('.js'))
    .map(([name, target]) => [`samovar${name.slice(1)}`, target.replace('./dist/', '').replace(/\.js$/, '.ts')]);
}
