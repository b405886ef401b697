import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScript, type ScriptProcess } from '../support/process.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { commandsOf, needsBroker, snippetsOf, withBroker } from './readme.js';
import { repository } from './sources.js';

const execute = promisify(execFile);
const folder = join(repository, '.tmp/readme');
const readme = join(repository, 'README.md');
const snippets = existsSync(readme) ? snippetsOf(readFileSync(readme, 'utf8')) : [];
const programs = snippets.filter(({ language }) => ['ts', 'js', 'mjs'].includes(language));
const commands = snippets.filter(({ language }) => ['sh', 'bash', 'console'].includes(language)).flatMap(commandsOf);

/** What a reader is told to type, and that runs here as it is, with the exit code 0. */
const runHere: readonly RegExp[] = [/^npm start$/, /^npx samovar (--help|--version|demo)$/];
/** What is not run here, and why. */
const notRunHere: readonly { readonly command: RegExp; readonly because: string }[] = [
  { command: /^git clone /, because: 'this is the clone' },
  { command: /^cd /, because: 'each command runs by itself' },
  { command: /^npm (ci|i|install)\b/, because: 'the packed tarball is installed by a test of its own' },
  { command: /^npm (test|run [\w:-]+)\b/, because: 'it is what runs now, or a part of it' },
  { command: /^(\.\/)?\.ci\/run$/, because: 'it is what runs now' },
  { command: /^npm run bench/, because: 'measuring takes minutes' },
  { command: /^docker /, because: 'there may be no Docker engine' },
];

describe('the README', () => {
  const scripts: ScriptProcess[] = [];

  beforeAll(async () => {
    const url = programs.some(needsBroker) ? (await (await sharedRabbitmq()).createVirtualHost()).url : '';
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const { file, code } of programs) {
      const path = join(folder, file);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, withBroker(code, url));
    }
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
    const script = runScript(join(folder, file), { env });
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

  const executed = [...new Set(commands)].filter((command) => runHere.some((pattern) => pattern.test(command)));
  test.for(executed)('says %j, which works', { timeout: 120_000 }, async (command) => {
    const [program = '', ...args] = command.split(' ');
    const child = spawn(program, args, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, output }).toMatchObject({ code: 0 });
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
