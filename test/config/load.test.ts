import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.js';
import { loaded, loadedHost, loadedOptions } from './loaded.js';

describe('what is left out', () => {
  it('has the values that one expects', async () => {
    expect(await loaded('virtual_hosts: {trees: }')).toMatchObject({ logLevel: 'info', warnings: [] });
    expect(await loadedHost('virtual_hosts: {trees: }')).toEqual({
      name: 'trees',
      connection: { transport: 'amqp', options: { url: 'amqp://localhost:5672/trees' } },
      addresses: [hostname()],
      handlers: [],
      exchanges: undefined,
      allowMissingHandlers: false,
      allow: undefined,
      mock: false,
      fernetKeys: [],
      limits: {},
    });
  });
});

describe('the broker', () => {
  it.each([
    ['a URL', 'server: {url: "amqps://u:p@h"}\nvirtual_hosts: {trees: }', 'amqps://u:p@h:5671/trees'],
    [
      'reserved characters',
      'server: {username: "a@b", password: "p:/?#%"}\nvirtual_hosts: {/: }',
      'amqp://a%40b:p%3A%2F%3F%23%25@localhost:5672/%2F',
    ],
    ['an IPv6 address', 'server: {host: "::1"}\nvirtual_hosts: {trees: }', 'amqp://[::1]:5672/trees'],
    ['a URL with the virtual host in it', 'virtual_hosts: {trees: {url: "amqp://h/trees"}}', 'amqp://h:5672/trees'],
    [
      'a host of its own',
      'server: {host: a, port: 1, username: u, password: p}\nvirtual_hosts: {trees: {host: b}}',
      'amqp://u:p@b:1/trees',
    ],
    [
      'a URL of its own',
      'server: {host: a, port: 1, username: u, password: p}\nvirtual_hosts: {trees: {url: "amqp://b"}}',
      'amqp://b:5672/trees',
    ],
    [
      'a user of its own beside a URL',
      'server: {url: "amqps://u:p@h:1"}\nvirtual_hosts: {trees: {username: v, password: w}}',
      'amqps://v:w@h:1/trees',
    ],
    ['a name that looks like a number', 'virtual_hosts: {0x10: }', 'amqp://localhost:5672/0x10'],
  ])('has the URL that its keys say: %s', async (_what, text, url) => {
    expect((await loadedOptions(text)).url).toBe(url);
  });

  it('has the options of the transport, each of which a virtual host may have for itself', async () => {
    const text = `
server: {app: nodes, hosts: [b, "c:5673"], heartbeat_ms: 5000, reply_route: request-exchange}
virtual_hosts:
  trees: {heartbeat_ms: 1000, reply_to_allow: ["rpc-*"], durable_exchanges: true}
`;
    expect(await loadedOptions(text)).toEqual({
      url: 'amqp://localhost:5672/trees',
      app: 'nodes',
      hosts: ['b', 'c:5673'],
      heartbeatMs: 1000,
      replyRoute: 'request-exchange',
      replyToAllow: ['rpc-*'],
      durableExchanges: true,
    });
  });

  it('declares exchanges as they are listed', async () => {
    const text = `
server: {exchange_types: {only_called: topic, b: fanout}}
virtual_hosts: {trees: {exchanges: {a: {type: fanout}, b: {type: direct}}}}
`;
    expect((await loadedOptions(text)).exchangeTypes).toEqual({ only_called: 'topic', a: 'fanout' });
  });

  it('may be memory', async () => {
    expect((await loadedHost('transport: memory\nvirtual_hosts: {trees: }')).connection).toEqual({
      transport: 'memory',
    });
  });
});

describe('a virtual host', () => {
  it('has its limits, addresses, keys and exchanges', async () => {
    const key = `${'a'.repeat(43)}=`;
    const text = `
virtual_hosts:
  trees:
    queue: node-1
    also: [render]
    max_simultaneous_requests: 2
    max_waiting: 100
    drain_ms: 0
    fernet_keys: [${key}, ${key}]
    allow: [ops-*, anonymous]
    allow_missing_handlers: true
    exchanges:
      dx_example: {type: fanout, allow: [cluster-api], concurrency: 1, timeout_ms: 500}
      dx_other:
`;
    expect(await loadedHost(text)).toMatchObject({
      addresses: ['node-1', 'render'],
      limits: { concurrency: 2, maxWaiting: 100, drainMs: 0 },
      fernetKeys: [key, key],
      allow: ['ops-*', 'anonymous'],
      allowMissingHandlers: true,
      exchanges: new Map([
        ['dx_example', { type: 'fanout', allow: ['cluster-api'], concurrency: 1, timeoutMs: 500 }],
        ['dx_other', { type: 'direct' }],
      ]),
    });
  });

  it('may mock for itself, or not when all others do', async () => {
    const { virtualHosts } = await loaded('mock: true\nvirtual_hosts: {trees: , flowers: {mock: false}}');
    expect(virtualHosts.map(({ mock }) => mock)).toEqual([true, false]);
  });

  it.each(['{}', ''])('that lists no exchange (%s) answers none, and is warned about', async (none) => {
    const { virtualHosts, warnings } = await loaded(`virtual_hosts:\n  trees:\n    exchanges: ${none}\n`);
    expect(virtualHosts[0]?.exchanges).toEqual(new Map());
    expect(warnings).toEqual([expect.stringMatching(/samovar\.yml:3:5: virtual_hosts\.trees\.exchanges is empty/)]);
  });
});

describe('handlers', () => {
  const both = 'handlers: [./a.js, {use: b, settings: {x: {y: [1, 2]}}}]\nvirtual_hosts: {trees: }';

  it('are looked up from the folder of the file, and say where each was named', async () => {
    const { file = '', virtualHosts } = await loaded(both);
    const [{ handlers } = { handlers: undefined }] = virtualHosts;
    if (handlers === undefined || handlers === 'auto') throw new TypeError('expected a list');
    expect(handlers.map(({ use, folder, settings }) => ({ use, folder, settings }))).toEqual([
      { use: './a.js', folder: dirname(file), settings: undefined },
      { use: 'b', folder: dirname(file), settings: { x: { y: [1, 2] } } },
    ]);
    expect(handlers.map((handler) => handler.locate())).toEqual([`${file}:1:12`, `${file}:1:39`]);
    expect(handlers[1]?.locate(['x', 'y', 1])).toBe(`${file}:1:51`);
    expect(handlers[1]?.locate(['x', 'no', 'such'])).toBe(`${file}:1:43`);
  });

  it.each([
    ['one for a virtual host of its own', 'handlers: a\nvirtual_hosts: {trees: {handlers: b}}', ['b']],
    ['one', 'handlers: a\nvirtual_hosts: {trees: }', ['a']],
    ['none for a virtual host of its own', 'handlers: a\nvirtual_hosts: {trees: {handlers: []}}', []],
  ])('may be %s', async (_what, text, uses) => {
    expect(await loadedHost(text)).toMatchObject({ handlers: uses.map((use) => ({ use })) });
  });

  it('may be found', async () => {
    expect((await loadedHost('handlers: auto\nvirtual_hosts: {trees: }')).handlers).toBe('auto');
  });

  it('come from the command line or the environment where the file has none', async () => {
    const none = 'virtual_hosts: {trees: }';
    const env = { SAMOVAR_HANDLERS: ' a, ./b.js ,' };
    const fromEnv = await loadedHost(none, { env, cwd: '/work' });
    expect(fromEnv.handlers).toMatchObject([{ use: 'a' }, { use: './b.js', folder: '/work' }]);
    expect((await loadedHost(none, { env, handlers: ['c'] })).handlers).toMatchObject([{ use: 'c' }]);
    expect((await loadedHost(none, { handlers: ['auto'] })).handlers).toBe('auto');
    expect((await loadedHost(both, { env })).handlers).toMatchObject([{ use: './a.js' }, { use: 'b' }]);
  });

  it('of the command line are not left out in silence where the file has some', async () => {
    const { warnings } = await loaded(both, { handlers: ['c'] });
    expect(warnings).toEqual(['--handlers has no effect on trees: the file names its handlers']);
  });
});

describe('the command line', () => {
  it('names each address once', async () => {
    const text = 'virtual_hosts: {trees: {queue: a, also: [a, b, b]}}';
    expect((await loadedHost(text)).addresses).toEqual(['a', 'b']);
    expect((await loadedHost(text, { addresses: ['c', 'd', 'c'] })).addresses).toEqual(['c', 'd']);
  });

  it('wins over addresses and mock', async () => {
    const text = 'virtual_hosts: {trees: {queue: a, also: [b]}}';
    expect(await loadedHost(text, { addresses: ['c'], mock: true })).toMatchObject({ addresses: ['c'], mock: true });
  });

  it.each([
    ['amqp://u:p@h/trees', 'trees', 'amqp://u:p@h:5672/trees'],
    ['amqp://h', '/', 'amqp://h:5672/%2F'],
    ['amqps://u:p%40@h:1/a%2Fb', 'a/b', 'amqps://u:p%40@h:1/a%2Fb'],
  ])('needs no file beside a URL: %s', async (url, name, options) => {
    const configuration = await loadConfiguration({ url, env: { CONFIG_FILE_PATH: '/no/such/file' }, cwd: '/' });
    expect(configuration).toMatchObject({
      file: undefined,
      virtualHosts: [{ name, addresses: [hostname()], connection: { transport: 'amqp', options: { url: options } } }],
    });
  });

  it.each([
    'localhost',
    'http://u:s3cret@h',
    'amqp://u:s3cret@h/%',
    'amqp://u:s3cret@h?heartbeat=1',
    'amqp://u:s3cret@',
  ])('refuses %s for a URL, and shows no password', async (url) => {
    const refused = loadConfiguration({ url, env: {}, cwd: '/' });
    await expect(refused).rejects.toThrow(/^expected --url to look like amqp:/);
    await expect(refused).rejects.not.toThrow('s3cret');
  });
});
