import Ajv from 'ajv/dist/2020.js';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configurationJsonSchema, type JsonSchema } from '../../src/config/json-schema.js';
import { loadConfiguration } from '../../src/config/load.js';
import { runSamovar } from '../support/samovar-process.js';
import { problemsOf } from './loaded.js';

const repository = new URL('../../', import.meta.url);
const exampleFile = new URL('samovar.example.yml', repository);
const example = await readFile(exampleFile, 'utf8');
const schemaFile = JSON.parse(await readFile(new URL('samovar.schema.json', repository), 'utf8')) as JsonSchema;
const ajv = new Ajv.default({ strict: false });

/** The names and descriptions of all keys of `schema`. */
function keysIn({ properties = {}, additionalProperties, items, anyOf = [] }: JsonSchema): [string, JsonSchema][] {
  const inner = [...anyOf, ...(items ? [items] : [])];
  if (typeof additionalProperties === 'object') inner.push(additionalProperties);
  return [
    ...Object.entries(properties).flatMap(([key, value]) => [[key, value] as [string, JsonSchema], ...keysIn(value)]),
    ...inner.flatMap(keysIn),
  ];
}

describe('samovar.example.yml', () => {
  it('is right, and says what most installations need', async () => {
    const configuration = await loadConfiguration({ config: exampleFile.pathname, env: {}, cwd: '/' });
    expect(configuration.warnings).toEqual([]);
    expect(configuration.virtualHosts).toMatchObject([
      { name: 'trees', addresses: ['node-1'], limits: { concurrency: 5 }, handlers: [{ use: 'samovar/handlers' }] },
    ]);
  });

  it('gives a worker all that it needs before it connects', async () => {
    const run = runSamovar(['check-config', '--config', exampleFile.pathname]);
    expect(await run.exited, run.stderr).toMatchObject({ code: 0 });
    expect(run.lines).toContain('trees at amqp://guest@localhost:5672, as node-1, concurrency 5');
  });

  it.each([...new Set(keysIn(configurationJsonSchema()).map(([key]) => key))])('has the key %s', (key) => {
    expect(example).toMatch(new RegExp(`^ *((#|- )?|#(tls|redis|idempotency|sqs):.* )${key}:`, 'm'));
  });

  it('is right with everything that is commented out, but for what excludes another', async () => {
    const everything = example.replaceAll(/^( *)#(?=\w)/gm, '$1');
    expect(everything).not.toMatch(/^ *#\w/m);
    const problems = await problemsOf(everything);
    const places = problems.map(
      (problem) => /^\d+:\d+: ([^:]+): expected (either \w+|a file)/.exec(problem)?.slice(1) ?? problem,
    );
    expect(places).toEqual([
      ...['host', 'port', 'username', 'password', 'ssl'].map((key) => [`server.${key}`, 'either url']),
      ...['ca', 'cert', 'key', 'passphrase'].map((key) => [`server.tls.${key}`, 'a file']),
      ...[0, 1].map((index) => [`virtual_hosts.trees.fernet_keys[${index}]`, 'a file']),
      expect.stringContaining('sqs: expected transport: sqs beside sqs'),
      ['idempotency.fingerprint_key', 'a file'],
    ]);
  });
});

describe('samovar.schema.json', () => {
  it('is what samovar check-config --print-schema prints', () => {
    expect(schemaFile).toEqual(configurationJsonSchema());
  });

  it('explains every key', () => {
    const silent = keysIn(schemaFile).filter(([, { description }]) => description === undefined);
    expect(silent.map(([key]) => key)).toEqual([]);
  });

  it('finds the example right', () => {
    const validate = ajv.compile(schemaFile);
    expect(validate(parse(example)), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    ['an unknown key', { virtual_hosts: { trees: { queu: 'a' } } }, false],
    ['a wrong number', { virtual_hosts: { trees: { port: 0 } } }, false],
    ['a variable for a number', { virtual_hosts: { trees: { port: '${PORT}' } } }, true],
    ['a variable for one of several words', { transport: '${TRANSPORT}', virtual_hosts: { trees: null } }, true],
    ['a file for a key', { virtual_hosts: { trees: { fernet_key: 'file:/run/secrets/key' } } }, true],
    ['a mapping of Redis', { redis: { url: 'rediss://h' }, virtual_hosts: { trees: { redis: null } } }, true],
    ['a Redis that is none', { redis: { url: 'amqp://h' }, virtual_hosts: { trees: null } }, false],
    [
      'a file for a fingerprint key',
      { idempotency: { fingerprint_key: 'file:/x' }, virtual_hosts: { trees: null } },
      true,
    ],
    ['a key that is none', { virtual_hosts: { trees: { fernet_key: 'short' } } }, false],
    ['no virtual hosts', {}, false],
  ])('judges %s', (_what, content, isRight) => {
    expect(ajv.validate(schemaFile, content)).toBe(isRight);
  });
});

describe('the keys of the file', () => {
  it('are the options of the transport in snake case', async () => {
    const { connectionKeys } = await import('../../src/config/connection-keys.js');
    const options = await readFile(new URL('transports/amqp/options.ts', repository), 'utf8');
    const [, body = ''] = /export interface AmqpTransportOptions \{(.*?)\n\}/s.exec(options) ?? [];
    const names = Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, name = '']) => name);
    expect(names.length).toBeGreaterThan(15);
    const snake = names.map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    // Its clock, random and log are the command line's. A worker never goes without confirms, and chooses its way.
    const missing = snake.filter((name) => !Object.hasOwn(connectionKeys, name));
    expect(missing).toEqual(['confirms', 'takes_either_route', 'clock', 'random', 'log']);
  });
});
