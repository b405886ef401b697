import { mergedBroker } from './broker.js';
import { certificateProblems } from './certificates.js';
import type { Path } from './places.js';
import type { Problem } from './problems.js';

type Keys = Readonly<Record<string, unknown>>;

/** What cannot be true together, in content that may have other faults. */
export function inconsistencies(content: unknown): Problem[] {
  const file = keysOf(content);
  const server = keysOf(file['server']);
  const hosts = Object.entries(keysOf(file['virtual_hosts']));
  return [
    ...beside(['server'], server, 'url', ['host', 'port', 'username', 'password', 'ssl']),
    ...certificateProblems(['server', 'tls'], keysOf(server['tls'])),
    ...hosts.flatMap(([name, host]) => ofVirtualHost(name, server, keysOf(host))),
    ...hosts.flatMap(([name, host]) => ofStores(['virtual_hosts', name], file, keysOf(host))),
    ...(file === content ? ofTransport(file) : []),
  ];
}

/** SQS has no virtual hosts, and the others nothing without them. */
function ofTransport(file: Keys): Problem[] {
  if (file['transport'] === 'sqs') {
    const sqs = keysOf(file['sqs']);
    const missing: Path | undefined =
      file['sqs'] === undefined ? ['transport'] : sqs['resources'] === undefined ? ['sqs'] : undefined;
    const expected = 'sqs: {resources: […]} beside transport: sqs';
    return [
      ...beside([], file, 'transport', ['server', 'virtual_hosts'], 'transport: sqs'),
      ...beside(['sqs'], sqs, 'fernet_keys', typeof sqs['fernet_key'] === 'string' ? ['fernet_key'] : []),
      ...(missing ? [{ path: missing, at: 'key' as const, expected, got: 'no resources; add them' }] : []),
      ...ofStores(['sqs'], file, sqs),
    ];
  }
  if (file['sqs'] !== undefined) {
    const got = 'another transport; add transport: sqs, or leave sqs out';
    return [{ path: ['sqs'], at: 'key', expected: 'transport: sqs beside sqs', got }];
  }
  if (file['virtual_hosts'] !== undefined) return [];
  return [{ path: ['virtual_hosts'], expected: 'a mapping of virtual hosts', got: 'nothing; add it' }];
}

function ofVirtualHost(name: string, server: Keys, own: Keys): Problem[] {
  const path = ['virtual_hosts', name];
  const placeOf = (key: string): Path => (own[key] === undefined ? ['server', key] : [...path, key]);
  const problems = [
    ...beside(path, own, 'url', ['host', 'port', 'username', 'password', 'ssl']),
    ...beside(path, own, 'fernet_keys', typeof own['fernet_key'] === 'string' ? ['fernet_key'] : []),
    ...certificateProblems([...path, 'tls'], keysOf(own['tls'])),
  ];
  const broker = mergedBroker(server, own);
  const tls = keysOf(own['tls'] ?? server['tls']);
  const isExternal = (own['authentication'] ?? server['authentication']) === 'external';
  if (name === '.' || name === '..') {
    problems.push({ path, at: 'key', expected: 'a virtual host that a URL can name', got: name });
  }
  if (broker.username !== undefined && broker.password === undefined) {
    problems.push({ path: placeOf('username'), expected: 'password beside username', got: 'none; add it' });
  }
  if (broker.password !== undefined && broker.username === undefined) {
    problems.push({ path: placeOf('password'), expected: 'username beside password', got: 'none; add it' });
  }
  if (broker.virtualHost !== undefined && broker.virtualHost !== name) {
    const got = 'a URL that names another one; leave the path of the URL out';
    problems.push({ path: placeOf('url'), expected: `the virtual host ${JSON.stringify(name)}`, got });
  }
  if (Object.keys(tls).length > 0 && broker.tls !== true) {
    const got = 'a connection without TLS; add ssl: true, or write amqps:// in url';
    problems.push({ path: placeOf('tls'), expected: 'ssl: true beside tls', got });
  }
  if (isExternal && !(broker.tls === true && tls['cert'] !== undefined)) {
    const expected = 'ssl: true, tls.cert and tls.key beside authentication: external';
    problems.push({ path: placeOf('authentication'), expected, got: 'one without the other' });
  }
  return problems;
}

/** Whoever shares answers has to recognize requests by the same key. */
function ofStores(path: Path, file: Keys, own: Keys): Problem[] {
  const isOwn = own['redis'] !== undefined;
  const redis = isOwn ? own['redis'] : file['redis'];
  const { fernet_key: fernetKey, fernet_keys: fernetKeys } = own;
  const hasFernetKey = typeof fernetKey === 'string' || (Array.isArray(fernetKeys) && fernetKeys.length > 0);
  if (!redis || hasFernetKey || (own['idempotency'] ?? file['idempotency']) !== undefined) return [];
  return [
    {
      path: isOwn ? [...path, 'redis'] : ['redis'],
      at: 'key',
      expected: `idempotency.fingerprint_key beside redis, or fernet_key of ${String(path.at(-1))} to derive it from`,
      got: 'neither; add idempotency: {fingerprint_key: …}, a secret text of at least 16 characters, the same for all workers',
    },
  ];
}

/** `key` says what `others` say. */
function beside(path: Path, keys: Keys, key: string, others: readonly string[], shown = key): Problem[] {
  if (keys[key] === undefined) return [];
  return others
    .filter((other) => keys[other] !== undefined)
    .map((other) => ({
      path: [...path, other],
      at: 'key' as const,
      expected: `either ${shown} or ${other}`,
      got: 'both; leave one of them out',
    }));
}

function keysOf(value: unknown): Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Keys) : {};
}
