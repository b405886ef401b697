import { describe, expect, test } from 'vitest';
import { isLoopback, parseEndpoints, placeOf } from '../../../transports/amqp/endpoints.js';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { tlsOptions } from '../../../transports/amqp/tls-options.js';

describe('the url', () => {
  test.each([
    [
      'amqp://localhost',
      { tls: false, host: 'localhost', port: 5672, virtualHost: '/', username: 'guest', password: 'guest' },
    ],
    [
      'amqps://u:p@h:1234/trees',
      { tls: true, host: 'h', port: 1234, virtualHost: 'trees', username: 'u', password: 'p' },
    ],
    ['amqps://h', { tls: true, port: 5671 }],
    ['amqp://u%40x:p%3A%2F%25@h/a%2Fb', { username: 'u@x', password: 'p:/%', virtualHost: 'a/b' }],
    ['amqp://u@h/%2F', { username: 'u', password: '', virtualHost: '/' }],
    ['amqp://[::1]:5673', { host: '::1', port: 5673 }],
  ])('%s is read', (url, expected) => {
    expect(parseEndpoints(url)[0]).toMatchObject(expected);
  });

  test('and hosts name all brokers, each once', () => {
    const endpoints = parseEndpoints(['amqp://u:p@a/v', 'amqp://u:p@b:5673/v'], ['c', 'd:1', '[::1]:2', 'a']);
    expect(endpoints.map(placeOf)).toEqual(['a:5672', 'b:5673', 'c:5672', 'd:1', '[::1]:2']);
    expect(endpoints.every(({ virtualHost, password }) => virtualHost === 'v' && password === 'p')).toBe(true);
  });

  test.each([
    ['http://u:canary@h', 'the protocol "http:"'],
    ['amqp://u:can ary#/x:y@h', 'no URL'],
    ['u:canary@h:99999', 'got'],
    ['amqp://u:canary@h?heartbeat=1', 'a query'],
    ['amqp://u:canary%zz@h', 'the password of url'],
    ['amqp:///canary', 'without a host'],
    ['', 'no URL'],
  ])('%s is refused without being shown', (url, reason) => {
    const failure = catchError(() => parseEndpoints(url));
    expect(failure).toBeInstanceOf(TypeError);
    expect(failure.message).toContain(reason);
    expect(`${failure.message}${String(failure.stack)}${String(failure.cause)}`).not.toMatch(/canary/);
  });

  test.each(['u:canary@h', 'h:0', 'h:65536', 'a b', '', 'h/v'])('a host %j is refused', (host) => {
    const failure = catchError(() => parseEndpoints('amqp://a', [host]));
    expect(failure.message).toMatch(/^expected hosts\[0\] to be a host or host:port/);
    expect(failure.message).not.toContain('canary');
  });

  test('is needed', () => {
    expect(() => parseEndpoints([])).toThrow(/at least one broker/);
  });
});

describe('the options', () => {
  test.each([
    [{ confirmTimeoutMs: 0 }, /confirmTimeoutMs to be an integer of at least 1, got 0/],
    [{ maxBodyBytes: 1.5 }, /maxBodyBytes/],
    [{ maxUnconfirmed: Number.NaN }, /maxUnconfirmed/],
    [{ waitForBrokerMs: -1 }, /waitForBrokerMs/],
    [{ app: 'a b' }, /app/],
    [{ authentication: 'external' }, /tls\.cert/],
    [{ replyRoute: 'request-exchange', exchangeTypes: { news: 'fanout' } }, /replyRoute.*fanout/],
    [{ replyRoute: { 'node-1': 'request-exchange' }, exchangeTypes: { news: 'fanout' } }, /replyRoute.*fanout/],
  ] as const)('%o is refused by name', (options, reason) => {
    expect(() => createAmqpTransport({ url: 'amqp://localhost', ...options })).toThrow(reason);
  });

  test('set the traits', () => {
    const transport = createAmqpTransport({ url: 'amqp://localhost', brokerAckTimeoutMs: 3_000, maxBodyBytes: 7 });
    expect(transport.traits).toMatchObject({ maxHoldMs: 2_500, maxBodyBytes: 7, canCancel: true });
    expect(transport.status).toBe('connecting');
  });
});

describe('TLS', () => {
  const [here, there] = [parseEndpoints('amqps://127.0.0.1')[0], parseEndpoints('amqps://broker.example')[0]];

  test('is verified everywhere, unless told otherwise on this machine', () => {
    if (!here || !there) throw new Error('expected endpoints');
    const lax = { acceptUnverifiedOnLoopback: true };
    expect([tlsOptions(here, {}), tlsOptions(there, {}), tlsOptions(there, lax), tlsOptions(here, lax)]).toMatchObject([
      { rejectUnauthorized: true },
      { rejectUnauthorized: true, servername: 'broker.example', minVersion: 'TLSv1.2' },
      { rejectUnauthorized: true },
      { rejectUnauthorized: false },
    ]);
  });

  test.each([
    ['localhost', true],
    ['127.8.0.1', true],
    ['::1', true],
    ['127.0.0.1.example', false],
    ['10.0.0.1', false],
  ])('%s is on this machine: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, got none');
}
