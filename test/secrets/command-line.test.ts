import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type Server, type Transport } from '../../src/index.js';
import { generateKey } from '../../src/secrets/keyring.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { samovar } from '../cli/call-harness.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import handlers from './secret-handlers.js';

const [key, strange] = [generateKey(), generateKey()];
const modulePath = fileURLToPath(new URL('secret-handlers.ts', import.meta.url));
let cwd: string;
let url: string;
let server: Server;
let transport: Transport;
let close: () => Promise<unknown>;

beforeAll(async () => {
  const broker = await sharedRabbitmq();
  const { name, url: hostUrl } = await broker.createVirtualHost();
  url = hostUrl;
  close = () => broker.deleteVirtualHost(name);
  transport = createAmqpTransport({ url });
  server = await startServer({ transport, address: 'node-1', handlers, fernetKeys: [key] });
  cwd = await mkdtemp(join(tmpdir(), 'samovar-secrets-'));
  const { hostname, port, username, password } = new URL(url);
  const host = (own: string) =>
    `server: {host: '${hostname}', port: ${port}, username: '${username}', password: '${password}'}\n` +
    `handlers: ['${modulePath}']\nvirtual_hosts: {'${name}': {queue: node-1${own}}}\n`;
  const files = {
    'good.yml': host(`, fernet_key: '${key}'`),
    'strange.yml': host(`, fernet_keys: ['${strange}']`),
    'none.yml': host(', fernet_key: null'),
    'named.yml': host(`, fernet_key: '${key}', secret_names: [user]`),
    'keys.txt': `${key}\n`,
    'no-key.txt': 'x\n',
    'batch.ndjson': '{"body": {"user": "a", "pin": "hush-1"}}\n{"body": {"user": "a", "pin": "hsh"}}\n',
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(cwd, file), text, { mode: 0o600 });
}, 120_000);
afterAll(async () => {
  await server.stop();
  await transport.close();
  await close();
  await rm(cwd, { recursive: true });
});

const run = (config: string, ...args: string[]) =>
  samovar([...args, '--config', config], { cwd, input: '{"user": "a", "pin": "hush-hush"}' });
const call = (config: string, ...more: string[]) => run(config, 'call', 'set_password', '--body', '-', ...more);

test('samovar call encrypts what is secret, and shows the secrets of the answer only when it is told to', async () => {
  const hidden = await call('good.yml');
  expect(hidden).toMatchObject({ code: 0, err: [] });
  expect(JSON.parse(hidden.out.join('\n'))).toEqual({ recovery: '[secret]' });
  expect((await call('good.yml', '--json')).out.join()).not.toContain('hush');
  const shown = await call('good.yml', '--reveal');
  expect(JSON.parse(shown.out.join('\n'))).toEqual({ recovery: 'of hush-hush' });
});

test('samovar call explains what is wrong with a secret, and does not show it', async () => {
  const ran = await samovar(['call', 'set_password', '--body', '-', '--config', 'good.yml'], {
    cwd,
    input: '{"user": "a", "pin": "hsh"}',
  });
  expect(ran).toMatchObject({ code: 64, out: [] });
  expect(ran.err.join('\n')).toContain('pin: Too small: expected string to have >=4 characters, got a secret');
  expect(ran.err.join('\n')).not.toContain('hsh');
});

test('a batch shows no secret, on its way or in its results', async () => {
  const ran = await run(
    'good.yml',
    'call',
    'set_password',
    '--batch',
    'batch.ndjson',
    '--json',
    '--results',
    'results',
  );
  const results = await readFile(join(cwd, 'results'), 'utf8');
  expect(ran.out).toHaveLength(2);
  expect(results).toContain('[secret]');
  expect(`${results}${ran.out.join()}${ran.err.join()}`).not.toMatch(/hush|hsh/);
});

test('a wrong key is told by the name of its setting', async () => {
  const ran = await call('strange.yml');
  expect(ran.code).toBe(1);
  expect(ran.err.join('\n')).toMatch(
    /^samovar: not_encrypted \(not_executed\): pin: expected a Fernet token .*fernet_key/,
  );
  expect(ran.err.join('\n')).not.toContain(strange);
});

test('where the broker is given by its URL, the keys are given in a file', async () => {
  const given = ['--url', url, '--to', 'node-1', '--handlers', modulePath, '--key', 'k-1'];
  const body = ['--body', '{"user": "a", "pin": "hush-hush"}'];
  const withFile = (command: string, ...args: string[]) =>
    samovar([command, 'set_password', ...given, ...args], { cwd });
  const called = await withFile('call', ...body, '--keys-file', 'keys.txt', '--reveal', '--json');
  expect(called.out.join()).toContain('of hush-hush');
  const asked = await withFile('outcome', '--keys-file', 'keys.txt');
  expect(asked.out.join(' ')).toMatch(/^succeeded .*\[secret\]/);
  expect((await withFile('outcome', '--keys-file', 'keys.txt', '--reveal')).out.join()).toContain('of hush-hush');
  const without = await withFile('call', ...body);
  expect(without).toMatchObject({ code: 78, out: [], err: [expect.stringContaining('or --keys-file')] });
  const wrong = await withFile('call', ...body, '--keys-file', 'no-key.txt');
  expect(wrong).toMatchObject({
    code: 78,
    err: [expect.stringContaining('expected no-key.txt[0] to be a Fernet key')],
  });
  expect(await withFile('call', ...body, '--keys-file', 'gone.txt')).toMatchObject({ code: 64 });
});

test('without a key nothing is sent', async () => {
  const ran = await call('none.yml');
  expect(ran).toMatchObject({ code: 78, out: [] });
  expect(ran.err.join()).toMatch(
    /expected fernet_key in the configuration, or --keys-file, since set_password has a secret at request\.pin/,
  );
});

test('a worker without a key, or with a secret that is not declared, does not start', async () => {
  const check = async (config: string) => (await run(config, 'check-config')).err.join();
  expect(await check('good.yml')).not.toContain('expected');
  expect(await check('none.yml')).toMatch(
    /expected fernetKeys \(fernet_key in a .*set_password has a secret at request\.pin/,
  );
  expect(await check('named.yml')).toMatch(/expected request\.user of set_password to be declared as secret/);
});
