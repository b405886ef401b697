import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { startFakeBroker, type FakeBroker } from './fake-broker.js';
import { eventually, rejection } from './lab.js';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await startFakeBroker();
});
afterEach(() => broker.close());

const connect = () => createAmqpTransport({ url: `amqp://guest:guest@127.0.0.1:${broker.port}/shop` });

describe('a broker that closes the connection right behind letting it in', () => {
  test.each([
    [541, 'INTERNAL_ERROR - just so'],
    [320, 'CONNECTION_FORCED - not now'],
  ])('(%i) is one that has not let it in, and is tried again', async (code, text) => {
    broker.closeBehindOpenOk = { code, text };
    const transport = connect();
    const connected = transport.connect();
    await eventually(() => transport.health().reason?.includes(text) === true);
    expect(transport.status).toBe('connecting');
    broker.closeBehindOpenOk = undefined;
    await connected;
    expect(transport.status).toBe('ready');
    await transport.close();
  });

  test('does not keep a transport from closing', async () => {
    broker.closeBehindOpenOk = { code: 320, text: 'CONNECTION_FORCED' };
    const transport = connect();
    const connected = rejection(transport.connect());
    await eventually(
      () => transport.status === 'connecting' && transport.health().reason?.includes('CONNECTION_FORCED') === true,
    );
    await transport.close();
    expect((await connected).code).toBe('closed');
  });
});
