import { chmod } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../src/cli/failure.js';
import { createProgram } from '../../src/cli/program.js';
import { configurationJsonSchema } from '../../src/config/json-schema.js';
import { runSamovar } from '../support/samovar-process.js';
import { handlersOf, moduleOf, temporaryFolder } from './handlers/packages.js';
import { recordedTerminal } from './recorded-terminal.js';

const key = 'k'.repeat(43);

const text = `
server: {url: 'amqp://worker:s3cret@rabbit.example.com', hosts: [other]}
handlers: [./cups.mjs]
virtual_hosts:
  trees:
    queue: node-1
    also: [render]
    max_simultaneous_requests: 3
    allow: [ops-*]
    exchanges: {cup: {timeout_ms: 500}, saucer: {type: fanout}}
  flowers: {queue: node-2, fernet_key: ${key}, handlers: [./kitchen.mjs]}
`;

const kitchen = `import { appendFileSync } from 'node:fs';
import { z } from 'zod';
const note = (word) => appendFileSync(new URL('notes', import.meta.url), word + '\\n');
export default ({ client, onStop }) => {
  note('set up, ' + client.health().transport.status);
  onStop(() => note('ended'));
  return ${handlersOf('cup', 'saucer')};
};`;

async function check(content: string, ...args: string[]) {
  const folder = await temporaryFolder();
  await folder.write({
    ...{ 'samovar.yml': content, 'cups.mjs': moduleOf('cup', 'saucer'), 'kitchen.mjs': kitchen },
    'dry.mjs': 'export default () => { throw new Error("no water"); };',
    'parked.mjs': moduleOf('cup').replace('run:', "onCrash: 'park', run:"),
  });
  const cwd = folder.path;
  await chmod(`${cwd}/samovar.yml`, 0o600);
  const terminal = recordedTerminal();
  let exitCode: number | undefined;
  const parts = {
    ...{ terminal, cwd, stdin: process.stdin, signal: new AbortController().signal },
    env: { SAMOVAR_CONFIG: 'samovar.yml' },
    exitWith: (code: number) => void (exitCode = code),
  };
  const program = await createProgram(parts, ['check-config']);
  const problems = await program.parseAsync(['node', 'samovar', 'check-config', ...args]).then(
    () => [],
    (error: unknown) => {
      const failure = failureOf(error);
      exitCode = failure.exitCode;
      return failure.line.replaceAll(`${cwd}/`, '').split('\n');
    },
  );
  const lines = terminal.lines.map((line) => line.replaceAll(`${cwd}/`, ''));
  return { folder, exitCode, problems, lines, errors: terminal.errors };
}

describe('samovar check-config', () => {
  it('says what would be served on each virtual host, and shows no secret', async () => {
    const { exitCode, lines, errors } = await check(text);
    expect(lines).toEqual([
      '✓ samovar.yml',
      'trees at amqp://worker@rabbit.example.com:5672,other, as node-1, render, allow ops-*, concurrency 3',
      '  cup  from ./cups.mjs, timeoutMs 500',
      '  saucer  from ./cups.mjs, type fanout',
      'flowers at amqp://worker@rabbit.example.com:5672,other, as node-2, fernetKeys 1',
      '  cup  from ./kitchen.mjs',
      '  saucer  from ./kitchen.mjs',
    ]);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: [] });
  });

  it('sets handlers up without a connection, and takes that back', async () => {
    const { folder } = await check(text, '--vhost', 'flowers');
    expect(await folder.read('notes')).toBe('set up, connecting\nended\n');
  });

  it('says which Redis has the locks and answers, without its password or a connection to it', async () => {
    const redis = '{url: "redis://worker:s3cret@no-such-host:6379/1", namespace: nodes}';
    const shared = text.replace('queue: node-2', `queue: node-2, redis: ${redis}`);
    const { exitCode, lines } = await check(shared, '--vhost', 'flowers');
    expect(exitCode).toBe(0);
    expect(lines[1]).toMatch(/, fernetKeys 1, redis redis:\/\/worker@no-such-host:6379\/1, namespace nodes$/);
    const { lines: json } = await check(shared, '--vhost', 'flowers', '--json');
    expect(JSON.parse(json.join())).toMatchObject({
      virtualHosts: [{ redis: 'redis://worker@no-such-host:6379/1, namespace nodes' }],
    });
    expect(json.join()).not.toContain('s3cret');
  });

  it('knows that Redis is what onCrash: park needs', async () => {
    const parked = text.replace('handlers: [./kitchen.mjs]', 'handlers: [./parked.mjs]');
    const shared = parked.replace('queue: node-2', 'queue: node-2, redis: {url: redis://no-such-host}');
    expect((await check(shared, '--vhost', 'flowers')).problems).toEqual([]);
    expect((await check(parked, '--vhost', 'flowers')).problems).toEqual([
      expect.stringMatching(
        /virtual host flowers: expected redis in the configuration, .*cup has onCrash: 'park', got none; add redis/,
      ),
    ]);
  });

  it('leaves handlers alone if it shall', async () => {
    const { exitCode, lines } = await check(text.replaceAll('mjs', 'no-such-file'), '--no-handlers');
    expect(exitCode).toBe(0);
    expect(lines).toContain('  saucer, type fanout');
    expect(lines).toContain('  every action there is a handler for');
  });

  it('warns of what has no effect', async () => {
    const { exitCode, errors } = await check(`${text}log_server: {}\n`);
    expect(exitCode).toBe(0);
    expect(errors).toEqual([expect.stringMatching(/^warning: .*samovar\.yml:12:1: log_server has no effect here$/)]);
  });

  it('says everything that is wrong, a line each, and exits with 78', async () => {
    const { exitCode, lines, problems } = await check(text.replace('queue: node-1', 'queue: 5\n    queues: 5'));
    expect(exitCode).toBe(78);
    expect(lines).toEqual([]);
    expect(problems).toEqual([
      'samovar: samovar.yml:6:12: virtual_hosts.trees.queue: expected text that is not empty, got 5; put it in quotes',
      'samovar: samovar.yml:7:5: virtual_hosts.trees.queues: expected a known key, got an unknown one; did you mean queue?',
    ]);
  });

  it('says which handlers are missing, on all virtual hosts', async () => {
    const { exitCode, problems } = await check(text.replace('saucer:', 'plate:').replace('./kitchen', './no-such'));
    expect(exitCode).toBe(78);
    expect(problems).toEqual([
      expect.stringMatching(/virtual host trees: .*without a handler: plate/),
      expect.stringMatching(/samovar\.yml:11:\d+: handlers of \.\/no-such\.mjs/),
    ]);
  });

  it('says which set-ups fail that may succeed another time, and exits with 1', async () => {
    const dry = text.replace('./kitchen', './dry');
    const [{ exitCode, problems }, json] = [await check(dry), await check(dry, '--json')];
    expect([exitCode, json.exitCode]).toEqual([1, 1]);
    expect((await check(dry.replace('saucer:', 'plate:'))).exitCode).toBe(78);
    expect(problems).toEqual([expect.stringMatching(/^samovar: .*its set-up failed: no water/)]);
    expect(JSON.parse(json.lines[0] ?? '')).toMatchObject({ ok: false });
  });

  it('is one JSON document if it shall be', async () => {
    const { lines } = await check(text, '--vhost', 'trees', '--json');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      ok: true,
      file: 'samovar.yml',
      logLevel: 'info',
      warnings: [],
      virtualHosts: [
        {
          name: 'trees',
          broker: 'amqp://worker@rabbit.example.com:5672,other',
          addresses: ['node-1', 'render'],
          limits: { concurrency: 3 },
          fernetKeys: 0,
          actions: [
            { name: 'cup', from: './cups.mjs', type: 'direct', timeoutMs: 500 },
            { name: 'saucer', from: './cups.mjs', type: 'fanout' },
          ],
        },
      ],
    });
    expect(lines[0]).not.toContain('s3cret');
  });

  it('is one JSON document with the problems, too', async () => {
    const { exitCode, lines, problems } = await check('virtual_host: {}', '--json');
    expect({ exitCode, problems }).toEqual({ exitCode: 78, problems: [] });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ok: false, problems: [expect.stringContaining('did you mean'), expect.stringContaining('add it')] },
    ]);
  });

  it('checks a URL and handlers without a file', async () => {
    const { exitCode, lines } = await check(
      text,
      '--url',
      'amqp://u:s3cret@h/x',
      '--address',
      'a',
      '--handlers',
      './cups.mjs',
    );
    expect(exitCode).toBe(0);
    expect(lines).toEqual(['x at amqp://u@h:5672, as a', '  cup  from ./cups.mjs', '  saucer  from ./cups.mjs']);
  });

  it('is wrong usage with a virtual host that there is not', async () => {
    const { exitCode, problems } = await check(text, '--vhost', 'bushes');
    expect(exitCode).toBe(64);
    expect(problems).toEqual(['samovar: expected --vhost to be one of trees, flowers, got "bushes"']);
  });

  it('prints the JSON Schema of the file', async () => {
    const { exitCode, lines } = await check('', '--print-schema');
    expect(exitCode).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toEqual(configurationJsonSchema());
  });

  it('exits with its codes as a program, too', async () => {
    const folder = await temporaryFolder();
    await folder.write({ 'samovar.yml': 'mock: 5' });
    const run = runSamovar(['check-config', '--config', 'samovar.yml'], { cwd: folder.path });
    expect(await run.exited).toMatchObject({ code: 78 });
    expect(run.lines).toEqual([]);
    expect(run.stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^samovar: .*samovar\.yml:1:1: virtual_hosts: expected a mapping/),
      expect.stringMatching(/^samovar: .*samovar\.yml:1:7: mock: expected true or false, got 5$/),
    ]);
  });
});
