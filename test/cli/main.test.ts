import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { fileWith } from './file-with.js';
import { runProgram, runScript } from '../support/process.js';
import { freePorts } from '../support/ports.js';

const main = new URL('../../src/cli/main.ts', import.meta.url);

async function samovar(...args: string[]) {
  const run = runScript(main, { args });
  const { code } = await run.exited;
  return { code, out: run.lines.join('\n'), err: run.stderr.trimEnd() };
}

it('prints its version', async () => {
  const { code, out, err } = await samovar('--version');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^\d+\.\d+\.\d+/);
});

it('prints help with every command', async () => {
  const { code, out } = await samovar('--help');
  expect(code).toBe(0);
  for (const [name, { description }] of Object.entries(commands)) {
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`${name} ${description}`);
  }
});

it.each([
  ['no command', []],
  ['an unknown command', ['brew']],
  ['an unknown option', ['demo', '--hot']],
  ['an unknown transport', ['demo', '--transport', 'pigeon']],
])('exits with 64 and says what there is for %s', async (_what, args) => {
  const { code, out, err } = await samovar(...args);
  expect({ code, out }).toEqual({ code: 64, out: '' });
  expect(err).toMatch(/--help/);
});

it('keeps what a handler module prints out of what the command answers', async () => {
  const file = await moduleWith(`console.log('loaded'); export default () => { console.info('set up'); return [];};`);
  const { out, err } = await samovar('actions', '--handlers', file, '--json');
  expect(out).toBe('');
  expect(err.split('\n')).toEqual(['loaded', 'set up', 'samovar: expected at least one handler, got none']);
});

it.each([
  ['loaded', 'await new Promise(() => {}); export default [];'],
  ['set up', 'export default () => new Promise(() => {});'],
])('exits with 70 and one line when a handler module never comes to be %s', async (_what, text) => {
  const { code, out, err } = await samovar('actions', '--handlers', await moduleWith(text));
  expect({ code, out }).toEqual({ code: 70, out: '' });
  expect(err).toMatch(/^samovar: .*never comes.*$/);
});

describe('standard output', () => {
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), main.pathname] as const;

  it('that nobody reads any more ends a command with 141', async () => {
    const keys = await fileWith('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=');
    const [program, ...args] = [...node, 'keys', 'encrypt', '--keys-file', keys] as const;
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end('secret');
    expect(await exited).toEqual([141, null]);
  });

  it('that takes nothing, such as a full disk, fails a command and is told', async () => {
    const run = runProgram('sh', { args: ['-c', 'exec "$@" > /dev/full', 'sh', ...node, 'keys', 'generate'] });
    expect((await run.exited).code).toBe(1);
    expect(run.stderr).toMatch(/^samovar: expected to write to standard output, got .*ENOSPC.*\n$/);
  });
});

async function moduleWith(text: string): Promise<string> {
  const path = (await fileWith('')).replace(/json$/, 'mjs');
  await writeFile(path, text);
  return path;
}

describe('samovar demo', () => {
  it('plays to its end and exits with 0, without colours in a pipe', async () => {
    const { code, out, err } = await samovar('demo');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('13 calls, all as expected');
    expect(out).not.toContain('\u001b');
  });

  it.each([
    ['no URL', ['--transport', 'amqp'], /--url/],
    ['a URL for memory', ['--url', 'amqp://127.0.0.1'], /--transport amqp/],
    ['something that is no URL', ['--transport', 'amqp', '--url', 'localhost'], /url/],
    ['a URL of something else', ['--transport', 'amqp', '--url', 'http://user:s3cret@127.0.0.1'], /url/],
  ])('exits with 78 and one line for %s', async (_what, args, message) => {
    const { code, err } = await samovar('demo', ...args);
    expect(code).toBe(78);
    expect(err.split('\n')).toEqual([expect.stringMatching(message)]);
    expect(err).toMatch(/^samovar: /);
    expect(err).not.toContain('s3cret');
  });

  it('exits with 69 and one line when no broker is there', async () => {
    const [port] = await freePorts(1);
    const { code, err } = await samovar('demo', '--transport', 'amqp', '--url', `amqp://user:s3cret@127.0.0.1:${port}`);
    expect(code).toBe(69);
    expect(err.split('\n')).toEqual([expect.stringContaining(`127.0.0.1:${port}`)]);
    expect(err).not.toContain('s3cret');
  });

  it('exits with 130 when it is interrupted', async () => {
    const onion = { action: 'dx_example', to: 'n', request: { favourite_food: 'onion' }, expect: { answer: {} } };
    const slow = { ...onion, action: 'dx_order_coffee_pot', request: { machine: 'm1', orderId: 'o', brewMs: 30_000 } };
    const steps = [onion, slow].map((call) => ({ title: 'A step', calls: [call] }));
    const requests = await fileWith({ nodes: ['n'], steps });
    const run = runScript(main, { args: ['demo', '--requests', requests] });
    await run.waitForLine('dx_example');
    run.kill('SIGINT');
    expect(await run.exited).toEqual({ code: 130, signal: null });
    expect(run.stderr).toBe('');
  });
});
