import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { handleDxExample, handleDxNodeStatus } from '../../handlers/index.js';
import { startServer, systemRandom, type Server } from '../../src/index.js';
import { createAmqpTransport, type AmqpTransport, type AmqpTransportOptions } from '../../transports/amqp/index.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { findPhpAmqplib, findPika, type ForeignLibrary, type Missing } from './foreign-library.js';
import { startCaller, type ForeignCaller } from './foreign-program.js';

const example = 'dx_example';
const status = 'dx_node_status';
const direct = 'amq.rabbitmq.reply-to';
const request = { exchange: example, body: '{"favourite_food": "orange"}' };
const tolerable = { success: true, message: 'Determined toleration', data: { tolerable: true } };
const reply = { exchange: '', content_type: 'application/json', body: tolerable };

let broker: SharedBroker;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});

describe.each([
  ["Python's Pika", findPika, 'caller.py'],
  ["PHP's php-amqplib", findPhpAmqplib, 'caller.php'],
] as const)('a caller on %s', (_, find, file) => {
  let library: ForeignLibrary | Missing;
  let scene: Scene;
  let caller: ForeignCaller;
  let transport: AmqpTransport;
  let server: Server;
  let asked: number;

  beforeAll(async () => {
    library = await find();
  });
  beforeEach(async (context) => {
    if ('missing' in library) return context.skip(library.missing);
    asked = 0;
    scene = await openScene(broker);
    caller = await startCaller(library, file, { url: scene.virtualHost.url });
    return async () => {
      await caller.close();
      await server.stop();
      await transport.close();
      await scene.close();
    };
  });

  async function serve(options: Partial<AmqpTransportOptions> = {}): Promise<void> {
    const random = { ...systemRandom, unit: () => (asked++, 0) };
    transport = createAmqpTransport({ url: scene.virtualHost.url, ...options });
    const handlers = [handleDxExample({ random }), handleDxNodeStatus()];
    server = await startServer({ transport, address: scene.to, handlers });
  }

  test('is answered on its callback queue, past the exchange that it bound this to', async () => {
    await serve();
    await caller.declare(example);
    expect(await caller.call(scene.to, [request])).toEqual([reply]);
  });

  test('is answered through the exchange of its request by a worker that answers there', async () => {
    await serve({ replyRoute: 'request-exchange' });
    await caller.declare(example);
    expect(await caller.call(scene.to, [request])).toEqual([{ ...reply, exchange: example }]);
  });

  test('may declare the exchange before the worker does', async () => {
    await caller.declare(example);
    await serve();
    expect(await caller.call(scene.to, [request])).toEqual([reply]);
  });

  test('need not declare anything', async () => {
    await serve();
    expect(await caller.call(scene.to, [request])).toEqual([reply]);
  });

  test('is answered by direct reply-to', async () => {
    await serve();
    const requests = [{ ...request, reply_to: direct }, request, { ...request, reply_to: direct }];
    expect(await caller.call(scene.to, requests)).toEqual([reply, reply, reply]);
  });

  test('has many calls on one callback queue, bound to several exchanges', async () => {
    await serve();
    await caller.declare(example);
    await caller.declare(status);
    const pair = [request, { exchange: status, body: '{}' }];
    const replies = await caller.call(scene.to, Array.from({ length: 20 }, () => pair).flat());
    expect(replies).toHaveLength(40);
    replies.forEach(({ body }, index) => {
      if (index % 2 === 0) expect(body).toEqual(tolerable);
      else expect(body).toMatchObject({ success: true, data: { hostname: expect.any(String) as string } });
    });
  });

  test('that wants no reply has it done', async () => {
    await serve();
    await caller.declare(example);
    await caller.send(scene.to, [request, request]);
    await expect.poll(() => server.health().counters['succeeded']).toBe(2);
    expect(asked).toBe(2);
  });

  test.each([
    ['breaks the schema', '{"favourite_food": "durian"}', ['favourite_food']],
    ['is no JSON', '{"favourite_food":', []],
  ])('reads the three keys that it knows, also when its request %s', async (_name, body, location) => {
    await serve();
    const [refused] = await caller.call(scene.to, [{ ...request, body }]);
    expect(refused?.body).toMatchObject({ success: false, message: 'Request validation failed', data: null });
    expect(refused?.body).toMatchObject({
      error: { code: 'invalid_request', outcome: 'not_executed', details: { errors: [{ location }] } },
    });
    expect(asked).toBe(0);
    expect(await caller.call(scene.to, [request])).toEqual([reply]);
  });

  test('may let its requests expire', async () => {
    await serve();
    await caller.declare(example);
    expect(await caller.call(scene.to, [{ ...request, expiration: '30000' }])).toEqual([reply]);
  });
});
