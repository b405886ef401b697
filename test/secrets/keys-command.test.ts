import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKeyring, generateKey } from '../../src/secrets/keyring.js';
import { samovar } from '../cli/call-harness.js';

const [newer, older, strange] = [generateKey(), generateKey(), generateKey()];
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'samovar-keys-'));
  const hosts = `  trees: {fernet_keys: ['${newer}', '${older}']}\n  flowers: {fernet_key: null}`;
  const files = {
    'ring.txt': `${newer}\n${older}\n`,
    'old.txt': older,
    'wrong.txt': `${newer}\ntoo-short\n`,
    'empty.txt': '\n',
    'values.txt': 'one\ntwo\n',
    'latin1.txt': Buffer.from('p\u00e9tanque', 'latin1'),
    'samovar.yml': `server: {username: u, password: p}\nvirtual_hosts:\n${hosts}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text, { mode: 0o600 });
});
afterAll(async () => rm(cwd, { recursive: true }));

const keys = (args: readonly string[], input = '') => samovar(['keys', ...args], { cwd, input });
const ring = createKeyring([newer, older]);

test('generate prints a key, another one each time', async () => {
  const [one, other] = [await keys(['generate']), await keys(['generate'])];
  expect(createKeyring([...one.out]).open(createKeyring([...one.out]).encrypt('x'))).toBe('x');
  expect(one.out).not.toEqual(other.out);
});

test('encrypt takes a value of several lines from standard input, without the line break at its end', async () => {
  const { code, out } = await keys(['encrypt', '--keys-file', 'ring.txt'], 'a\nb\n\n');
  expect(code).toBe(0);
  expect(out.map((token) => ring.decrypt(token))).toEqual(['a\nb\n']);
});

test('encrypt and decrypt take the keys of a virtual host, and values line by line from a file', async () => {
  const from = ['--config', 'samovar.yml', '--vhost', 'trees'];
  const { out } = await keys(['encrypt', '--lines', '--file', 'values.txt', ...from]);
  expect(createKeyring([newer]).decrypt(out[1] ?? '')).toBe('two');
  expect(await keys(['decrypt', ...from], `${out.join('\r\n')}\r\n`)).toMatchObject({ code: 0, out: ['one', 'two'] });
});

test('encrypt takes no value that is no UTF-8: its token would be that of another one', async () => {
  const { code, out, err } = await keys(['encrypt', '--keys-file', 'ring.txt', '--file', 'latin1.txt']);
  expect({ code, out }).toEqual({ code: 64, out: [] });
  expect(err).toEqual(['samovar: expected --file to be UTF-8, got other bytes']);
});

test('rotate encrypts with the first key', async () => {
  const token = createKeyring([older], { clock: { now: () => 1_600_000_000_000 } }).encrypt('x');
  const { out } = await keys(['rotate', '--keys-file', 'ring.txt'], token);
  expect(createKeyring([newer]).open(out[0] ?? '')).toBe('x');
  // It stays as old as it is.
  const late = await keys(['decrypt', '--ttl', '1h', '--keys-file', 'ring.txt'], out[0]);
  expect(late).toMatchObject({ code: 1, out: [] });
});

test('one token that no key opens fails them all, and its line is told', async () => {
  const tokens = [ring.encrypt('x'), createKeyring([strange]).encrypt('y')];
  for (const command of ['decrypt', 'rotate']) {
    expect(await keys([command, '--keys-file', 'ring.txt'], tokens.join('\n'))).toEqual({
      code: 1,
      out: [],
      err: ['samovar: line 2: expected a Fernet token that one of the keys opens'],
    });
  }
});

test.each([
  [['--keys-file', 'wrong.txt'], 78, 'expected wrong.txt[1] to be a Fernet key: 32 bytes as base64url'],
  [['--keys-file', 'empty.txt'], 78, 'expected at least one key in empty.txt, got none'],
  [['--config', 'samovar.yml', '--vhost', 'flowers'], 78, 'expected at least one key in fernet_keys of virtual host'],
  [['--config', 'samovar.yml'], 64, 'expected --vhost'],
  [['--keys-file', 'ring.txt', '--vhost', 'trees'], 64, 'expected either --keys-file or a configuration, got both'],
  [['--keys-file', 'none.txt'], 64, 'expected --keys-file to name a file that can be read'],
])('what names no keys is told by its name: %j', async (args, code, message) => {
  const ran = await keys(['encrypt', ...args], 'x');
  expect(ran).toMatchObject({ code, out: [] });
  expect(ran.err.join('\n')).toContain(message);
  for (const key of [newer, older, 'too-short']) expect(ran.err.join('\n')).not.toContain(key);
});
