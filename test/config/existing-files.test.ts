import { describe, expect, it } from 'vitest';
import { loaded, loadedHost, loadedOptions } from './loaded.js';

/** As the packages of the Python consumer ship it, comments and all. */
const shipped = `---
server:
  host: localhost
  username: test
  password: C4P4BZFcaBUYk2PvVyZU7CV3
  port: 5672
  ssl: false

virtual_hosts:
  test:
    # Free-form. Callers route by it.
    queue: test
    max_simultaneous_requests: 5
    fernet_key: 'ZycOtLSOfBSztarunksiEdAjYklBvQ82Jgq0_7Vd7jg='
    exchanges:
      dx_example:
        type: direct
`;

describe('a file of the Python consumer', () => {
  it('is read as it is', async () => {
    const { virtualHosts, warnings } = await loaded(shipped);
    expect(warnings).toEqual([]);
    expect(virtualHosts).toEqual([
      {
        name: 'test',
        connection: {
          transport: 'amqp',
          options: { url: 'amqp://test:C4P4BZFcaBUYk2PvVyZU7CV3@localhost:5672/test' },
        },
        addresses: ['test'],
        handlers: [],
        exchanges: new Map([['dx_example', { type: 'direct' }]]),
        allowMissingHandlers: false,
        allow: undefined,
        mock: false,
        fernetKeys: ['ZycOtLSOfBSztarunksiEdAjYklBvQ82Jgq0_7Vd7jg='],
        limits: { concurrency: 5 },
      },
    ]);
  });

  it('may have no key, and answer with mocks', async () => {
    const text = shipped.replace(/fernet_key: .*/, 'fernet_key: null').replace('server:', 'mock: true\nserver:');
    expect(await loadedHost(text)).toMatchObject({ fernetKeys: [], mock: true });
  });

  it('may connect with TLS', async () => {
    const { url } = await loadedOptions(shipped.replace('ssl: false', 'ssl: true').replace('5672', '5671'));
    expect(url).toMatch(/^amqps:.*:5671/);
  });

  it.each(['yes', 'on', 'True'])('may say %s for true, as YAML 1.1 does', async (word) => {
    expect((await loadedOptions(shipped.replace('ssl: false', `ssl: ${word}`))).url).toMatch(/^amqps:/);
  });

  it('may name a user of its own under a virtual host', async () => {
    const text = shipped.replace('    queue: test', '    queue: test\n    username: alfred\n    password: b');
    expect((await loadedOptions(text)).url).toBe('amqp://alfred:b@localhost:5672/test');
  });

  it('may have keys that mean nothing here, and is told so', async () => {
    const more =
      'log_server: {base_url: http://logs, api_token: s3cret}\ndefault_user: root\nresources: {memory_limit: 5}\n';
    const { warnings } = await loaded(`${shipped}${more}`);
    expect(warnings).toEqual([
      expect.stringMatching(/samovar\.yml:18:1: log_server has no effect here$/),
      expect.stringMatching(/samovar\.yml:19:1: default_user has no effect here$/),
      expect.stringMatching(/samovar\.yml:20:1: resources has no effect here$/),
    ]);
  });

  it('may have several virtual hosts, and share what they have in common by aliases', async () => {
    const text = `
server: {host: h}
virtual_hosts:
  test1: &common {queue: a, exchanges: {dx_example: {type: direct}}}
  test2:
    <<: *common
    queue: b
`;
    const { virtualHosts } = await loaded(text);
    expect(virtualHosts.map(({ name, addresses }) => [name, ...addresses])).toEqual([
      ['test1', 'a'],
      ['test2', 'b'],
    ]);
    expect(virtualHosts[1]?.exchanges?.has('dx_example')).toBe(true);
  });
});
