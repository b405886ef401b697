import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { parseEndpoints } from '../../../transports/amqp/endpoints.js';
import type { Link } from '../../../transports/amqp/link.js';
import { amqpSettings } from '../../../transports/amqp/options.js';
import { askForRefusal } from '../../../transports/amqp/refusal.js';
import { createReplyRoutes } from '../../../transports/amqp/reply-route.js';
import { encode } from '../../support/fake-amqp-codec.js';
import { startFakeAmqpServer, type FakeAmqpServer } from '../../support/fake-amqp-server.js';
import { eventually, rejection } from './lab.js';

let broker: FakeAmqpServer;
beforeEach(async () => {
  broker = await startFakeAmqpServer();
});
afterEach(() => broker.close());

const connect = () => createAmqpTransport({ url: broker.url });

/** In one piece with letting the client in. */
function closeBehindOpenOk(replyCode: number, replyText: string): void {
  const close = encode(0, 'connection.close', { replyCode, replyText, classId: 0, methodId: 0 });
  broker.answers.set('connection.open', ({ peer }) => {
    peer.write(Buffer.concat([encode(0, 'connection.open-ok'), close]));
  });
}

describe('a broker that closes the connection right behind letting it in', () => {
  test.each([
    [541, 'INTERNAL_ERROR - just so'],
    [320, 'CONNECTION_FORCED - not now'],
  ])('(%i) is one that has not let it in, and is tried again', async (code, text) => {
    closeBehindOpenOk(code, text);
    const transport = connect();
    const connected = transport.connect();
    await eventually(() => transport.health().reason?.includes(text) === true);
    expect(transport.status).toBe('connecting');
    broker.answers.clear();
    await connected;
    expect(transport.status).toBe('ready');
    await transport.close();
  });

  test('does not keep a transport from closing', async () => {
    closeBehindOpenOk(320, 'CONNECTION_FORCED');
    const transport = connect();
    const connected = rejection(transport.connect());
    await eventually(
      () => transport.status === 'connecting' && transport.health().reason?.includes('CONNECTION_FORCED') === true,
    );
    await transport.close();
    expect((await connected).code).toBe('closed');
  });
});

test.each([
  ['a close that is cut short', Buffer.from([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 50, 0xce])],
  ['more than any broker says', Buffer.alloc(100_000, 0xff)],
])('%s is no reason for a refusal', async (_, said) => {
  const server = createServer((socket) => socket.on('error', () => undefined).end(said));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `amqp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [endpoint] = parseEndpoints(url);
  if (!endpoint) throw new Error('expected an endpoint');
  expect(await askForRefusal(endpoint, amqpSettings({ url }), new AbortController().signal)).toBeUndefined();
  server.close();
});

test('closing ends a set-up that the broker does not answer', async () => {
  broker.answers.set('channel.open', () => undefined);
  const transport = connect();
  const connected = rejection(transport.connect());
  await eventually(() => broker.callsOf('channel.open').length > 0);
  await transport.close();
  expect((await connected).code).toBe('closed');
  await eventually(() => broker.peers.length === 0);
});

test('a broker that takes nothing from senders keeps no worker from starting', async () => {
  const silent = { confirmChannel: () => new Promise(() => undefined) };
  const listeners: ((blocked: boolean) => void)[] = [];
  const onBlocked = (listener: (blocked: boolean) => void) => listeners.push(listener);
  for (const isBlocked of [true, false]) {
    const link = { ...silent, isBlocked, onBlocked } as unknown as Link;
    const settings = amqpSettings({ url: 'amqp://127.0.0.1' });
    const routes = createReplyRoutes({ settings, link: () => Promise.resolve(link), onAllowed: () => undefined });
    const prepared = routes.prepareFor('node-1');
    await eventually(() => isBlocked || listeners.length > 0);
    for (const listener of listeners) listener(true);
    await prepared;
    expect(routes.of('node-1')).toBe('default');
  }
});
