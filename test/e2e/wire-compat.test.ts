import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dxExample, handleDxExample } from '../../handlers/index.js';
import { startServer, systemRandom, type Client, type Server } from '../../src/index.js';
import { createAmqpTransport, type AmqpTransport } from '../../transports/amqp/index.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { errorOf, failureOf } from './stage.js';
import { openScene, type Scene } from './workers/scene.js';

let broker: SharedBroker;
let scene: Scene;
let connection: ChannelModel;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});
beforeEach(async () => {
  scene = await openScene(broker);
  connection = await scene.foreigner();
});
afterEach(() => scene.close());

const action = 'dx_example';
const direct = 'amq.rabbitmq.reply-to';
const tolerable = { success: true, message: 'Determined toleration', data: { tolerable: true } };

interface Reply {
  readonly correlationId: unknown;
  readonly contentType: unknown;
  readonly body: unknown;
}

/** A caller as existing ones are written: it knows exchange, callback queue, `reply_to` and `correlation_id`. */
async function existingCaller(): Promise<{
  call(request: object | string, callback?: string): Promise<Reply>;
  send(request: object): Promise<void>;
  readonly replies: readonly Reply[];
}> {
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(action, 'direct', { durable: false });
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false });
  const replies: Reply[] = [];
  const onReply = new Map<unknown, (reply: Reply) => void>();
  function receive(message: ConsumeMessage | null): void {
    if (!message) return;
    const { correlationId, contentType } = message.properties as Omit<Reply, 'body'>;
    const reply: Reply = { correlationId, contentType, body: JSON.parse(message.content.toString()) };
    replies.push(reply);
    onReply.get(correlationId)?.(reply);
  }
  await channel.consume(queue, receive, { noAck: true });
  await channel.consume(direct, receive, { noAck: true });

  async function publish(request: object | string, properties: object): Promise<void> {
    const body = Buffer.from(typeof request === 'string' ? request : JSON.stringify(request));
    channel.publish(action, scene.to, body, properties);
    await channel.waitForConfirms();
  }
  return {
    replies,
    async call(request, replyTo = queue) {
      const correlationId = randomUUID();
      const reply = new Promise<Reply>((resolve) => onReply.set(correlationId, resolve));
      await publish(request, { replyTo, correlationId });
      return reply;
    },
    send: (request) => publish(request, {}),
  };
}

describe('existing callers', () => {
  let transport: AmqpTransport;
  let server: Server;
  let asked = 0;
  const unit = () => (asked++, 0);
  async function serve(): Promise<void> {
    transport = createAmqpTransport({ url: scene.virtualHost.url });
    const handlers = [handleDxExample({ random: { ...systemRandom, unit } })];
    server = await startServer({ transport, address: scene.to, handlers });
  }
  beforeEach(() => {
    asked = 0;
  });
  afterEach(async () => {
    await server.stop();
    await transport.close();
  });

  test('are answered on their callback queue, with the three keys they read', async () => {
    await serve();
    const caller = await existingCaller();
    const { contentType, body } = await caller.call({ favourite_food: 'orange' });
    expect({ contentType, body }).toEqual({ contentType: 'application/json', body: tolerable });
    expect(Object.keys(body as object)).toEqual(['success', 'message', 'data']);
  });

  test('may declare the exchange before the worker does', async () => {
    const caller = await existingCaller();
    await serve();
    expect(await caller.call({ favourite_food: 'banana' })).toMatchObject({ body: tolerable });
  });

  test('that use direct reply-to are answered, once', async () => {
    await serve();
    const caller = await existingCaller();
    expect(await caller.call({ favourite_food: 'orange' }, direct)).toMatchObject({ body: tolerable });
    await caller.call({ favourite_food: 'orange' }, direct);
    await caller.call({ favourite_food: 'orange' });
    expect(new Set(caller.replies.map(({ correlationId }) => correlationId)).size).toBe(caller.replies.length);
    await expect.poll(() => server.health().counters).toEqual({ succeeded: 3 });
  });

  test('that want no reply have it done, and get none', async () => {
    await serve();
    const caller = await existingCaller();
    await caller.send({ favourite_food: 'orange' });
    await caller.call({ favourite_food: 'orange' });
    await expect.poll(() => server.health().counters).toEqual({ succeeded: 2 });
    expect(asked).toBe(2);
    expect(caller.replies).toHaveLength(1);
  });

  test.each([
    ['breaks the schema', { favourite_food: 'durian' }, ['favourite_food'], 'invalid_value'],
    ['is no JSON', '{"favourite_food":', [], 'invalid_body'],
  ])('are told once, with the reason, that a request %s', async (_, request, location, type) => {
    await serve();
    const caller = await existingCaller();
    const { body } = await caller.call(request);
    expect(body).toMatchObject({ success: false, message: 'Request validation failed', data: null });
    expect(body).toMatchObject({ error: { code: 'invalid_request', details: { errors: [{ location, type }] } } });
    await caller.call({ favourite_food: 'orange' });
    expect(caller.replies).toHaveLength(2);
    expect(asked).toBe(1);
  });
});

describe('existing consumers', () => {
  let client: Client;
  const call = (favourite_food: 'onion' | 'orange' | 'banana') =>
    client.call(dxExample, { favourite_food }, { to: scene.to });

  /** A consumer as existing ones are: it answers on the exchange that the request came through. */
  async function existingConsumer(answer: (request: unknown) => readonly object[]): Promise<void> {
    const channel: Channel = await connection.createChannel();
    await channel.assertExchange(action, 'direct', { durable: false });
    await channel.assertQueue(scene.to, { durable: true });
    await channel.bindQueue(scene.to, action, scene.to);
    await channel.prefetch(1);
    await channel.consume(scene.to, (message) => {
      if (!message) return;
      const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
      for (const reply of answer(JSON.parse(message.content.toString()))) {
        const properties = { correlationId, contentType: 'application/json' };
        channel.publish(message.fields.exchange, replyTo, Buffer.from(JSON.stringify(reply)), properties);
      }
      channel.ack(message);
    });
  }

  beforeEach(() => {
    client = scene.client({ amqp: { replyRoute: { [scene.to]: 'request-exchange' } } });
  });

  test("answer our client on the request's exchange, also after its connections were closed", async () => {
    const requests: unknown[] = [];
    await existingConsumer((request) => (requests.push(request), [tolerable]));
    expect(await call('orange')).toEqual({ tolerable: true });
    expect(requests).toEqual([{ favourite_food: 'orange' }]);
    connection = await scene.foreigner();
    await broker.closeConnections(scene.virtualHost.name);
    connection = await scene.foreigner();
    await existingConsumer(() => [tolerable]);
    expect(await call('banana')).toEqual({ tolerable: true });
  });

  test('may answer twice: the first reply counts, and no other call takes the second for its own', async () => {
    const refused = { success: false, message: 'Request validation failed', data: null };
    await existingConsumer(() => [tolerable, refused]);
    for (let nth = 0; nth < 5; nth++) expect(await call('orange')).toEqual({ tolerable: true });
    await expect.poll(() => client.health().counters).toEqual({ unexpected_replies: 5 });
  });

  test('that say validation failed make it invalid_request, not executed', async () => {
    await existingConsumer(() => [{ success: false, message: 'Validation failed: favourite_food', data: null }]);
    expect(await failureOf(call('onion'))).toEqual({
      code: 'invalid_request',
      outcome: 'not_executed',
      retryable: false,
    });
  });

  test('tell which fields are wrong, where they say it in the right form', async () => {
    const wrong = { location: ['foods', 0], message: 'Input should be a fruit', type: 'enum' };
    const errors = [wrong, { ...wrong, location: 'foods' }, { ...wrong, type: 1 }, 'durian', null];
    const answers = [{ errors }, { errors: 'many' }, { errors: [] }, [], 'no'];
    await existingConsumer(() => [{ success: false, message: 'Request validation failed', data: answers.shift() }]);
    expect(await errorOf(call('onion'))).toMatchObject({ code: 'invalid_request', details: { errors: [wrong] } });
    while (answers.length > 0) expect((await errorOf(call('onion'))).details).toBeUndefined();
  });

  test('that report another failure make it failed, unknown, with their message', async () => {
    await existingConsumer(() => [{ success: false, message: 'The kitchen is closed', data: null }]);
    const error = await errorOf(call('onion'));
    expect(error).toMatchObject({ code: 'failed', outcome: 'unknown', message: 'The kitchen is closed' });
  });
});
