import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installDebianPackages } from '../support/debian-packages.js';
import { samovar } from './call-harness.js';

const run = promisify(execFile);

let folder: string;

const configuration = `
server: {host: localhost, username: test, password: test}
handlers: [samovar/handlers]
virtual_hosts:
  trees: {queue: node-1, also: [render]}
  lakes: {queue: node-2, exchanges: {dx_example: {type: direct}}}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'samovar-completion-'));
  await writeFile(join(folder, 'samovar.yml'), configuration);
  const program = join(folder, 'samovar');
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const tsx = createRequire(import.meta.url).resolve('tsx');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' --import '${tsx}' '${main}' "$@"\n`);
  await chmod(program, 0o755);
});

afterAll(() => rm(folder, { recursive: true }));

/** The words that may come next, and `:files`. */
async function words(...typed: string[]): Promise<string[]> {
  const { code, out, err } = await samovar(['completion', '--words', '--', ...typed], { cwd: folder });
  expect({ code, err }).toEqual({ code: 0, err: [] });
  return out.map((line) => line.replace(/\t.*/, ''));
}

describe('completes', () => {
  it('every command that the program has, and says what it does', async () => {
    const { out: help } = await samovar(['--help']);
    const commands = help.flatMap((line) => /^ {2}([a-z-]+) (?:\[options\]|.*\|| +\S)/.exec(line)?.[1] ?? []);
    expect(commands).toContain('call');
    expect((await words('')).sort()).toEqual(commands.sort());
    const { out } = await samovar(['completion', '--words', '--', 'cal']);
    expect(out).toEqual([expect.stringMatching(/^call\thave an action done/)]);
  });

  it('options, by either of their names', async () => {
    expect(await words('call', '--wh')).toEqual(['--when-absent']);
    expect(await words('call', '--config')).toEqual(['--config', '--config-file-path']);
    expect(await words('demo', '--')).toEqual(expect.arrayContaining(['--transport', '--help']));
    expect(await words('call', '--', '--wh')).toEqual([]);
  });

  it('the values that an option takes', async () => {
    expect(await words('call', '--when-absent', '')).toEqual(['wait', 'fail']);
    // As bash cuts it.
    expect(await words('call', '--when-absent', '=', 'f')).toEqual(['fail']);
    expect(await words('call', '--batch', '')).toEqual([':files']);
    expect(await words('call', '--timeout', '')).toEqual([]);
  });

  it('virtual hosts and addresses of the configuration', async () => {
    expect(await words('call', '--vhost', '')).toEqual(['trees', 'lakes']);
    expect(await words('worker', '--vhost', 't')).toEqual(['trees']);
    expect(await words('call', '--to', '')).toEqual(['node-1', 'render', 'node-2']);
    expect(await words('call', '--vhost', 'lakes', '--to', '')).toEqual(['node-2']);
  });

  it('actions of the handlers at hand, those that are listed where some are', async () => {
    expect(await words('call', '--vhost', 'trees', 'dx_')).toEqual(
      expect.arrayContaining(['dx_example', 'dx_node_status']),
    );
    expect(await words('call', '--vhost=lakes', 'dx_')).toEqual(['dx_example']);
    const given = ['completion', '--words', '--', 'call', '--handlers', 'samovar/handlers', 'dx_ex'];
    const { out } = await samovar(given, { cwd: tmpdir() });
    expect(out).toEqual(['dx_example\tDetermines whether a favourite food is tolerable.']);
  });

  it('nothing, without a word, where the configuration is wrong', async () => {
    expect(await words('call', '--config', 'not-there.yml', '--to', '')).toEqual([]);
  });
});

it('refuses a shell that it does not know', async () => {
  const { code, err } = await samovar(['completion', 'tcsh']);
  expect({ code, err }).toEqual({ code: 64, err: ['samovar: expected one of bash, zsh, fish, got tcsh'] });
});

/** What a real shell makes of `script`, with samovar on its path. */
async function inShell(shell: string, script: string): Promise<string[]> {
  const { stdout } = await run(shell, ['-c', script], {
    cwd: folder,
    env: { HOME: folder, PATH: `${folder}:${process.env['PATH']}` },
  });
  return stdout.split('\n').filter((line) => line !== '');
}

async function has(shell: string): Promise<boolean> {
  return run(shell, ['--version']).then(...([() => true, () => false] as const));
}

/** A machine without a shell that cannot have it installed does not test with it. */
const isThere = async (shell: string) =>
  (await has(shell)) || ((await installDebianPackages([shell]).catch(() => false)) && (await has(shell)));
let hasZsh: boolean;
let hasFish: boolean;
// Not while the file is loaded: nothing bounds how long that takes.
beforeAll(async () => {
  hasZsh = await isThere('zsh');
  hasFish = await isThere('fish');
});

it('completes in bash', async () => {
  const asked = (...typed: string[]) => `
    COMP_WORDS=(samovar ${typed.join(' ')}) COMP_CWORD=${typed.length}
    _samovar samovar; printf '%s\\n' "\${COMPREPLY[@]}"; echo --`;
  const lines = await inShell(
    'bash',
    `eval "$(samovar completion bash)"; complete -p samovar
    ${asked('call', '--wh')} ${asked('call', '--vhost', 'trees', '--to', "''")} ${asked('call', '--batch', 'samovar.y')}`,
  );
  expect(lines).toEqual([
    'complete -F _samovar samovar',
    ...['--when-absent', '--', 'node-1', 'render', '--', 'samovar.yml', '--'],
  ]);
});

it('completes in zsh', async (context) => {
  if (!hasZsh) return context.skip('there is no zsh');
  const lines = await inShell(
    'zsh',
    `compdef() { print "compdef $*" }
    _describe() { print -l -- "\${(@P)2}" }
    _files() { print files }
    eval "$(samovar completion zsh)"
    words=(samovar call --wh); CURRENT=3; _samovar
    words=(samovar call --vhost trees --to ''); CURRENT=6; _samovar
    words=(samovar call --batch ''); CURRENT=4; _samovar`,
  );
  expect(lines).toEqual([
    'compdef _samovar samovar',
    '--when-absent:where the address has no worker (default: wait)',
    ...['node-1:', 'render:', 'files'],
  ]);
});

it('completes in fish', async (context) => {
  if (!hasFish) return context.skip('there is no fish');
  const lines = await inShell(
    'fish',
    `samovar completion fish | source
    complete -C 'samovar call --wh'; complete -C 'samovar call --vhost trees --to '; complete -C 'samovar call --batch samovar.y'`,
  );
  expect(lines).toEqual([
    '--when-absent\twhere the address has no worker (default: wait)',
    ...['node-1', 'render'],
    expect.stringMatching(/^samovar\.yml/),
  ]);
});
