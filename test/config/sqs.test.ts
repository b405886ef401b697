import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loaded, loadedHost, problemsOf } from './loaded.js';

describe('a configuration of SQS', () => {
  it('names resources, which are the addresses, and needs no virtual host', async () => {
    const host = await loadedHost('transport: sqs\nsqs: {resources: [products, bucket], region: eu-west-1}');
    expect(host).toMatchObject({
      name: 'sqs',
      addresses: ['products', 'bucket'],
      connection: { transport: 'sqs', options: { region: 'eu-west-1' } },
      handlers: [],
      limits: {},
    });
    expect(host.addresses).not.toContain(hostname());
  });

  it('takes all options of the transport, in snake case', async () => {
    const text = `
transport: sqs
sqs:
  resources: [products]
  endpoint: http://localhost:4566
  prefix: shop-
  ensure: false
  unknown_actions: answer
  max_body_bytes: 1000
  visibility_timeout_ms: 60000
  poll_ms: "\${POLL_MS}"
  request_timeout_ms: 5000
  believes: [AROA]
  max_waiting_sends: 10
`;
    const { connection } = await loadedHost(text, { env: { POLL_MS: '1000' } });
    expect(connection).toEqual({
      transport: 'sqs',
      options: {
        endpoint: 'http://localhost:4566',
        prefix: 'shop-',
        ensure: false,
        unknownActions: 'answer',
        maxBodyBytes: 1_000,
        visibilityTimeoutMs: 60_000,
        pollMs: 1_000,
        requestTimeoutMs: 5_000,
        believes: ['AROA'],
        maxWaitingSends: 10,
      },
    });
  });

  it('says of the worker what a virtual host says', async () => {
    const host = await loadedHost(`
transport: sqs
mock: true
handlers: samovar/handlers
sqs:
  resources: [products]
  max_simultaneous_requests: 3
  max_waiting: 100
  allow: [shop]
  actions: {dx_example: {concurrency: 1}}
`);
    expect(host).toMatchObject({
      limits: { concurrency: 3, maxWaiting: 100 },
      allow: ['shop'],
      mock: true,
      handlers: [{ use: 'samovar/handlers' }],
    });
    expect(host.exchanges?.get('dx_example')).toMatchObject({ concurrency: 1 });
  });

  it('warns of an empty list of actions where it stands', async () => {
    const { warnings } = await loaded('transport: sqs\nsqs: {resources: [products], actions: {}}');
    expect(warnings).toEqual([expect.stringMatching(/:2:30: sqs\.actions is empty: no action is answered$/)]);
  });

  it.each([
    [
      'no resources',
      'transport: sqs',
      '1:1: transport: expected sqs: {resources: […]} beside transport: sqs, got no resources; add them',
    ],
    [
      'an empty list of them',
      'transport: sqs\nsqs: {resources: []}',
      '2:18: sqs.resources: expected at least one resource, got a list',
    ],
    [
      'virtual hosts beside it',
      'transport: sqs\nsqs: {resources: [a]}\nvirtual_hosts: {trees: }',
      '3:1: virtual_hosts: expected either transport: sqs or virtual_hosts, got both; leave one of them out',
    ],
    [
      'another transport',
      'sqs: {resources: [a]}\nvirtual_hosts: {trees: }',
      '1:1: sqs: expected transport: sqs beside sqs, got another transport; add transport: sqs, or leave sqs out',
    ],
    [
      'a fraction of a second',
      'transport: sqs\nsqs: {resources: [a], visibility_timeout_ms: 1500}',
      '2:46: sqs.visibility_timeout_ms: expected whole seconds, as milliseconds, got 1500',
    ],
    [
      'an option of another transport',
      'transport: sqs\nsqs: {resources: [a], heartbeat_ms: 1000}',
      '2:23: sqs.heartbeat_ms: expected a known key, got an unknown one; it belongs under server or a virtual host',
    ],
    [
      'Redis without a key to recognize requests by',
      'transport: sqs\nsqs: {resources: [a]}\nredis: {url: "redis://localhost"}',
      expect.stringContaining('3:1: redis: expected idempotency.fingerprint_key beside redis, or fernet_key of sqs'),
    ],
  ])('is refused with %s', async (_, text, problem) => {
    expect(await problemsOf(text)).toEqual([problem]);
  });
});
