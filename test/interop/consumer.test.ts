import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { dxExample } from '../../handlers/index.js';
import { defineAction, type Client } from '../../src/index.js';
import { samovar } from '../cli/call-harness.js';
import { errorOf, failureOf } from '../e2e/stage.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import type { ScriptProcess } from '../support/process.js';
import { findPika, type ForeignLibrary, type Missing } from './foreign-library.js';
import { startForeign } from './foreign-program.js';

/** The consumer's action as a caller with an older contract knows it: it takes more. */
const looseExample = defineAction({
  name: dxExample.name,
  summary: dxExample.summary,
  request: z.object({ favourite_food: z.string() }),
  response: dxExample.response,
});

describe("a consumer on Python's Pika that answers on the exchange of the request", () => {
  let broker: SharedBroker;
  let library: ForeignLibrary | Missing;
  let scene: Scene;
  let consumer: ScriptProcess;
  let client: Client;

  beforeAll(async () => {
    broker = await sharedRabbitmq();
    library = await findPika();
  });
  beforeEach(async (context) => {
    if ('missing' in library) return context.skip(library.missing);
    scene = await openScene(broker);
    client = scene.client({ amqp: { replyRoute: { [scene.to]: 'request-exchange' } } });
    consumer = await startConsumer(library);
    return async () => {
      await consumer.kill9();
      await scene.close();
    };
  });

  function startConsumer(found: ForeignLibrary): Promise<ScriptProcess> {
    const settings = { url: scene.virtualHost.url, queue: scene.to, exchanges: [dxExample.name], prefetch: 5 };
    return startForeign(found, 'consumer.py', settings);
  }
  const call = (food: string) => client.call(looseExample, { favourite_food: food }, { to: scene.to });
  /** It says so on another way than its answers come: wait for it. */
  const taken = () => consumer.lines.filter((line) => line.startsWith('request '));

  test('answers our client', async () => {
    expect(await call('orange')).toEqual({ tolerable: true });
    expect(await call('onion')).toEqual({ tolerable: false });
    await expect.poll(taken).toEqual(['orange', 'onion'].map((food) => `request {"favourite_food": "${food}"}`));
  });

  test('answers many calls at once', async () => {
    const foods = Array.from({ length: 30 }, (_, nth) => (nth % 3 === 0 ? 'onion' : 'banana'));
    const replies = await Promise.all(foods.map(call));
    expect(replies).toEqual(foods.map((food) => ({ tolerable: food !== 'onion' })));
  });

  test('that answers a bad request twice is believed once: it was not executed', async () => {
    expect(await errorOf(call('durian'))).toMatchObject({
      code: 'invalid_request',
      outcome: 'not_executed',
      retryable: false,
      details: { errors: [{ location: ['favourite_food'], type: 'enum' }] },
    });
    expect(await call('orange')).toEqual({ tolerable: true });
    await expect.poll(() => client.health().counters).toEqual({ unexpected_replies: 1 });
  });

  test('outlives a request that nobody waits for', async () => {
    await client.send(looseExample, { favourite_food: 'onion' }, { to: scene.to });
    expect(await call('orange')).toEqual({ tolerable: true });
    await expect.poll(taken).toHaveLength(2);
  });

  test('outlives a one-way request of samovar call, which need not be told how it answers', async () => {
    const options = ['--url', scene.virtualHost.url, '--to', scene.to, '--body', '{"favourite_food": "onion"}'];
    expect(await samovar(['call', dxExample.name, ...options, '--one-way'])).toMatchObject({ code: 0 });
    expect(await samovar(['call', dxExample.name, ...options])).toMatchObject({ code: 0, err: [] });
    await expect.poll(taken).toHaveLength(2);
  });

  test('is not there: the call fails, and a later one is answered', async () => {
    await call('banana');
    await consumer.kill9();
    const waiting = client.call(dxExample, { favourite_food: 'orange' }, { to: scene.to, timeoutMs: 1_000 });
    expect(await failureOf(waiting)).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
    if (!('missing' in library)) consumer = await startConsumer(library);
    expect(await call('banana')).toEqual({ tolerable: true });
    // The broker has dropped the one that nobody waits for any more. The very first may come again: it was answered, but
    // the consumer may have been killed before it was acked.
    await consumer.waitForLine('"banana"');
    expect(taken().filter((line) => line.includes('orange'))).toEqual([]);
  });
});
