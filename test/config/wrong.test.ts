import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/config/load.js';
import { folderWith } from './folder.js';
import { problemsOf } from './loaded.js';

const host = (keys: string) => `virtual_hosts:\n  trees:\n    ${keys}\n`;

/** Each with the one problem that is told, its place first. */
const wrong: Readonly<Record<string, readonly [text: string, problem: string]>> = {
  'an unknown key that is nearly a known one': [
    host('maxwaiting: 300'),
    '3:5: virtual_hosts.trees.maxwaiting: expected a known key, got an unknown one; did you mean max_waiting?',
  ],
  'the name of an option': [
    host('drainMs: 300'),
    '3:5: virtual_hosts.trees.drainMs: expected a known key, got an unknown one; did you mean drain_ms?',
  ],
  'a name that people know from elsewhere': [
    host('concurrency: 3'),
    '3:5: virtual_hosts.trees.concurrency: expected a known key, got an unknown one; did you mean max_simultaneous_requests?',
  ],
  'a key at the wrong place': [
    `drain_ms: 3\n${host('')}`,
    '1:1: drain_ms: expected a known key, got an unknown one; it belongs under a virtual host or sqs',
  ],
  'a key of its own invention': [
    `kafka: {}\n${host('')}`,
    '1:1: kafka: expected a known key, got an unknown one; leave it out: there are server, handlers, transport, sqs, redis, idempotency, mock, log_level, virtual_hosts',
  ],
  'an unknown key of a handler': [
    `handlers:\n  - use: a\n    setings: 1\n${host('')}`,
    '3:5: handlers[0].setings: expected a known key, got an unknown one; did you mean settings?',
  ],
  'a transport that there is not': [
    `transport: kafka\n${host('')}`,
    '1:12: transport: expected one of amqp, sqs, memory, got "kafka"',
  ],
  'nothing where there must be something': [
    host('queue:'),
    '3:5: virtual_hosts.trees.queue: expected text that is not empty, got nothing; give it a value, or leave the key out',
  ],
  'an empty text': [
    host('queue: ""'),
    '3:12: virtual_hosts.trees.queue: expected text that is not empty, got an empty text',
  ],
  'a number for a text': [
    host('queue: 5'),
    '3:12: virtual_hosts.trees.queue: expected text that is not empty, got 5; put it in quotes',
  ],
  'a text for a number': [
    host('drain_ms: 5s'),
    '3:15: virtual_hosts.trees.drain_ms: expected a whole number of at least 0, got "5s"',
  ],
  'a number out of range': [
    host('port: 70000'),
    '3:11: virtual_hosts.trees.port: expected a whole number from 1 to 65535, got 70000',
  ],
  'a fraction': [
    host('drain_ms: 1.5'),
    '3:15: virtual_hosts.trees.drain_ms: expected a whole number of at least 0, got 1.5',
  ],
  'a text for true or false': [
    host('mock: maybe'),
    '3:11: virtual_hosts.trees.mock: expected true or false, got "maybe"',
  ],
  'a list for a mapping': [
    'virtual_hosts: [trees]',
    '1:16: virtual_hosts: expected a mapping of virtual hosts, got a list',
  ],
  'a text for a list': [host('also: render'), '3:11: virtual_hosts.trees.also: expected a list of texts, got "render"'],
  'a number in a list': [
    host('also: [a, 5]'),
    '3:15: virtual_hosts.trees.also[1]: expected text that is not empty, got 5; put it in quotes',
  ],
  'another exchange type': [
    host('exchanges: {dx_example: {type: directt}}'),
    '3:36: virtual_hosts.trees.exchanges.dx_example.type: expected one of direct, fanout, topic, headers, got "directt"',
  ],
  'another reply route of one address': [
    host('reply_route: {node-1: fast}'),
    '3:27: virtual_hosts.trees.reply_route.node-1: expected one of default, request-exchange, got "fast"',
  ],
  'handlers that are no list': [
    `handlers: 5\n${host('')}`,
    '1:11: handlers: expected auto, a package or path, or a list of them, got 5',
  ],
  'no virtual hosts': [
    'server: {host: h}',
    '1:1: virtual_hosts: expected a mapping of virtual hosts, got nothing; add it',
  ],
  'no virtual host': ['virtual_hosts: {}', '1:16: virtual_hosts: expected at least one virtual host, got a mapping'],
  'a virtual host that no URL can name': [
    'virtual_hosts: {"..": {queue: a}}',
    '1:17: virtual_hosts[".."]: expected a virtual host that a URL can name, got ..',
  ],
  'a URL beside its parts': [
    'server: {url: "amqp://h", port: 5}\nvirtual_hosts: {trees: }',
    '1:27: server.port: expected either url or port, got both; leave one of them out',
  ],
  'a URL of another virtual host': [
    'server: {url: "amqp://h/flowers"}\nvirtual_hosts: {trees: }',
    '1:15: server.url: expected the virtual host "trees", got a URL that names another one; leave the path of the URL out',
  ],
  'a user without a password': [
    'server: {username: u}\nvirtual_hosts: {trees: }',
    '1:20: server.username: expected password beside username, got none; add it',
  ],
  'a password without a user': [
    host('password: p'),
    '3:15: virtual_hosts.trees.password: expected username beside password, got none; add it',
  ],
  'certificates without TLS': [
    'server: {tls: {servername: h}}\nvirtual_hosts: {trees: }',
    '1:15: server.tls: expected ssl: true beside tls, got a connection without TLS; add ssl: true, or write amqps:// in url',
  ],
  'external authentication without a certificate': [
    'server: {authentication: external, ssl: true}\nvirtual_hosts: {trees: }',
    '1:26: server.authentication: expected ssl: true, tls.cert and tls.key beside authentication: external, got one without the other',
  ],
  'one key and several keys': [
    host(`{fernet_key: ${'a'.repeat(43)}, fernet_keys: [${'b'.repeat(43)}]}`),
    '3:6: virtual_hosts.trees.fernet_key: expected either fernet_keys or fernet_key, got both; leave one of them out',
  ],
  'a variable that is not set': [
    host('queue: ${NODE}'),
    '3:12: virtual_hosts.trees.queue: expected the environment variable NODE, got none of that name; set it, or write ${NODE:-default}',
  ],
  'a variable without an end': [
    host('queue: "${NODE"'),
    '3:12: virtual_hosts.trees.queue: expected ${NAME} or ${NAME:-default}, got a ${ that does not start one; write $${ for a plain ${',
  ],
  'an alias of what it stands in': [
    'handlers: [{use: a, settings: &s [*s]}]\nvirtual_hosts: {trees: }',
    '1:35: handlers[0].settings[0]: expected an alias of something else, got one of what it stands in',
  ],
  'a key for the second time': [
    'mock: true\nmock: false',
    '2:1: expected YAML, got a key for the second time; keep one of them',
  ],
  'a tab': ['server:\n\thost: h', '2:1: expected YAML, got a tab as indentation; use spaces'],
  'a second document': ['mock: true\n---\nmock: true', '2:1: expected YAML, got a second document; keep one'],
  'a tag': ['mock: !secret x', '1:7: expected YAML, got a tag (!name) that is not known here; leave it out'],
  'a quote without an end': ['mock: "s3cret', '1:14: expected YAML, got a mistake: Missing closing "quote'],
  'a variable without quotes where braces mean something': [
    host('{queue: ${NODE:-a}, also: [b]}'),
    '3:14: expected YAML, got a ${ without quotes within { } or [ ]; put the value in quotes',
  ],
  'nesting without end': [
    `handlers: ${'['.repeat(5_000)}`,
    expect.stringMatching(/^1:\d+: expected YAML, got a mistake: Maximum call stack/) as string,
  ],
  'half a surrogate pair': [
    host('queue: "\\ud800"'),
    '3:12: virtual_hosts.trees.queue: expected text, got one half of a surrogate pair',
  ],
  'half a surrogate pair for a name': [
    'virtual_hosts: {"\\ud800": {queue: a}}',
    '1:17: virtual_hosts["\\ud800"]: expected another name, got one that cannot be used',
  ],
  'a name that JavaScript keeps for itself': [
    'virtual_hosts: {trees: , __proto__: {queue: a}}',
    '1:26: virtual_hosts.__proto__: expected another name, got one that cannot be used',
  ],
  'a port that there is not': [
    host('hosts: ["h:5673", "h:99999"]'),
    '3:23: virtual_hosts.trees.hosts[1]: expected host or host:port, got "h:99999"',
  ],
  'an alias of nothing': [
    'server: *nothing',
    '1:1: expected YAML whose aliases (*name) can be followed, got: Unresolved alias (the anchor must be set before the alias): nothing',
  ],
  'no text at all': ['', '1:1: expected a mapping with server and virtual_hosts, got nothing; write something into it'],
  'a list': ['- a', '1:1: expected a mapping with server and virtual_hosts, got a list'],
};

describe('a file is refused with the place, what was expected, what was got, and what to do', () => {
  it.each(Object.entries(wrong))('%s', async (_what, [text, problem]) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });

  it('all its problems at once, in the order of the file', async () => {
    const text = `
server: {host: "a b", password: p, ssl: maybe}
virtual_hosts:
  trees: {queue: '\${NO_SUCH}', max_waitin: 5, max_waiting: 3, tls: {ca: ./no.pem}, handlers: [5]}
transport: pigeon
`;
    const places = (await problemsOf(text)).map((problem) => problem.split(': ', 2).join(' '));
    expect(places).toEqual([
      '2:16 server.host',
      '2:33 server.password',
      '2:41 server.ssl',
      '4:18 virtual_hosts.trees.queue',
      '4:32 virtual_hosts.trees.max_waitin',
      '4:60 virtual_hosts.trees.max_waiting',
      '4:68 virtual_hosts.trees.tls',
      '4:73 virtual_hosts.trees.tls.ca',
      '4:95 virtual_hosts.trees.handlers[0]',
      '5:12 transport',
    ]);
  });

  it('aliases that would fill the memory', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(await problemsOf(lines.join('\n'))).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it('bytes that are no text', async () => {
    const folder = await folderWith({});
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${folder}/latin1.yml`, Buffer.from('queue: caf\xe9', 'latin1'));
    const refused = loadConfiguration({ config: 'latin1.yml', env: {}, cwd: folder });
    await expect(refused).rejects.toThrow(/expected a configuration file, got .*latin1\.yml, which is not UTF-8/);
  });

  it('a file that is not there, and a folder', async () => {
    const folder = await folderWith({ 'inner/x': '' });
    const load = (config: string) => loadConfiguration({ config, env: {}, cwd: folder });
    await expect(load('no.yml')).rejects.toThrow(/got none at .*\/no\.yml; mend the path/);
    await expect(load('inner')).rejects.toThrow(/got the folder .*\/inner; name a file in it/);
  });
});
