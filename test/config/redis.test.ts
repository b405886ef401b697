import { describe, expect, it } from 'vitest';
import { redisPlace } from '../../src/config/redis.js';
import { folderWith } from './folder.js';
import { loaded, loadedHost, problemsOf } from './loaded.js';

const fernetKey = 'a'.repeat(43);
const url = 'redis://u:p%40@h:6379/1';
const fingerprint = 'idempotency: {fingerprint_key: a secret of some length}';
const needed =
  'expected idempotency.fingerprint_key beside redis, or fernet_key of trees to derive it from, got neither; ' +
  'add idempotency: {fingerprint_key: …}, a secret text of at least 16 characters, the same for all workers';

describe('redis', () => {
  it('is where all virtual hosts have their locks and answers, but for those that say otherwise', async () => {
    const text = `
redis: {url: '${url}', command_timeout_ms: 500}
${fingerprint}
virtual_hosts:
  trees:
  flowers: {redis: null}
  ferns: {redis: {url: 'rediss://other', namespace: ferns}, idempotency: {fingerprint_key: another secret text}}
`;
    const { virtualHosts } = await loaded(text);
    expect(virtualHosts.map(({ redis }) => redis)).toEqual([
      { url, namespace: 'samovar', commandTimeoutMs: 500, fingerprintKey: 'a secret of some length' },
      undefined,
      { url: 'rediss://other', namespace: 'ferns', fingerprintKey: 'another secret text' },
    ]);
  });

  it('is named without its password', () => {
    expect(redisPlace({ url, namespace: 'n' })).toBe('redis://u@h:6379/1, namespace n');
    expect(redisPlace({ url: 'rediss://:p@[::1]', namespace: 'n' })).toBe('rediss://[::1], namespace n');
  });

  it('may have its secrets in files and variables', async () => {
    const text = `
redis: {url: 'redis://:\${PASSWORD}@h'}
idempotency: {fingerprint_key: 'file:\${FOLDER}/fingerprint'}
virtual_hosts: {trees: {redis: {url: 'file:\${FOLDER}/url'}}, flowers: }`;
    const folder = await folderWith({ fingerprint: 'in a file of its own\n', url: 'redis://trees\n' });
    const { virtualHosts, warnings } = await loaded(text, { env: { FOLDER: folder, PASSWORD: 'p' } });
    expect(warnings).toEqual([]);
    expect(virtualHosts.map(({ redis }) => redis)).toMatchObject([
      { url: 'redis://trees', fingerprintKey: 'in a file of its own' },
      { url: 'redis://:p@h' },
    ]);
  });
});

describe('the key of fingerprints', () => {
  const keyWith = async (host: string, rest = '') =>
    (await loadedHost(`redis: {url: '${url}'}\n${rest}\nvirtual_hosts: {trees: {${host}}}`)).redis?.fingerprintKey;

  it('may be left out where there are Fernet keys', async () => {
    expect(await keyWith(`fernet_key: ${fernetKey}`)).toBeUndefined();
  });

  it('wins over Fernet keys where it is said', async () => {
    expect(await keyWith(`fernet_key: ${fernetKey}`, fingerprint)).toBe('a secret of some length');
  });

  it.each([
    ['for the whole file', `redis: {url: '${url}'}\nvirtual_hosts: {trees: {fernet_key: null}}`, '1:1: redis'],
    ['for a virtual host', `virtual_hosts: {trees: {redis: {url: '${url}'}}}`, '1:25: virtual_hosts.trees.redis'],
  ])('is asked for where there is none: Redis %s', async (_what, text, place) => {
    expect(await problemsOf(text)).toEqual([`${place}: ${needed}`]);
  });

  it('is not asked for without Redis', async () => {
    expect(await problemsOf(`redis: {url: '${url}'}\nvirtual_hosts: {trees: {redis: null, x: }}`)).toHaveLength(1);
    expect(await loadedHost(`redis: {url: '${url}'}\nvirtual_hosts: {trees: {redis: null}}`)).not.toHaveProperty(
      'redis',
    );
  });
});

describe('is refused with its place, and shows no secret:', () => {
  const expectedUrl =
    'a URL such as redis://user:password@host:6379/0 or rediss://…, without a query, reserved characters percent-encoded';

  const wrongRedis: readonly (readonly [string, string])[] = [
    ['{}', `1:8: redis.url: expected ${expectedUrl}, got nothing; add it`],
    ['', '1:1: redis: expected a mapping with url, got nothing; give it a value, or leave the key out'],
    ['redis://:s3cret@h', '1:8: redis: expected a mapping with url, got a text with a user or a URL in it'],
    ...[
      's3cret',
      'amqp://:s3cret@h',
      'redis://:s3cret@h:x',
      'redis://:s3cret@h/a',
      'redis://:s3cret@h?db=1',
      'redis://:s3cret%@h',
      'redis://:s3cret@h:0',
      'redis://',
    ].map((wrong) => [`{url: '${wrong}'}`, `1:14: redis.url: expected ${expectedUrl}, got another text`] as const),
    ['{url: [s3cret]}', `1:14: redis.url: expected ${expectedUrl}, got a list`],
    [`{url: '${url}', namespace: 'a{b}'}`, '1:52: redis.namespace: expected text without braces, got "a{b}"'],
    [
      `{url: '${url}', command_timeout_ms: 6000}`,
      '1:61: redis.command_timeout_ms: expected a whole number from 1 to 5000, got 6000',
    ],
    [
      `{url: '${url}', lease_ms: 6000}`,
      '1:41: redis.lease_ms: expected a known key, got an unknown one; leave it out: there are url, namespace, command_timeout_ms',
    ],
  ];
  it.each(wrongRedis)('redis: %s', async (redis, problem) => {
    expect(await problemsOf(`redis: ${redis}\n${fingerprint}\nvirtual_hosts: {trees: }`)).toEqual([problem]);
  });

  it.each([
    ['s3cret', '1:14: idempotency: expected a mapping with fingerprint_key, got another text'],
    [
      '{fingerprint_key: s3cret}',
      '1:32: idempotency.fingerprint_key: expected text of at least 16 characters, got another text',
    ],
    [
      '{fingerprint_key: [s3cret]}',
      '1:32: idempotency.fingerprint_key: expected text of at least 16 characters, got a list',
    ],
    ['{}', '1:14: idempotency.fingerprint_key: expected text of at least 16 characters, got nothing; add it'],
  ])('idempotency: %s', async (idempotency, problem) => {
    expect(await problemsOf(`idempotency: ${idempotency}\nvirtual_hosts: {trees: }`)).toEqual([problem]);
  });
});
