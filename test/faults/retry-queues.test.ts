import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandler, RetryLater, startServer } from '../../src/index.js';
import { createSeededRandom } from '../../src/testing/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { echo } from '../e2e/stage.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
let broker: SharedBroker;
let scene: Scene;
beforeEach(async () => {
  broker = await sharedRabbitmq();
  scene = await openScene(broker);
});
afterEach(() => scene.close());

test(
  '1,000 RetryLater of random delays leave three retry queues at most, and one of 30 min holds up none of 30 s',
  { timeout: 120_000 },
  async () => {
    const random = createSeededRandom(4);
    // Some are held by the worker, the others wait on the broker: two thirds on the longer rungs, ahead of the shorter.
    const delays = Array.from({ length: 1_000 }, (_, nth) => (nth % 10 === 0 ? random.below(500) : rungs(nth)));
    function rungs(nth: number): number {
      const [from, to] = (
        [
          [300_001, 1_800_000],
          [30_001, 300_000],
          [10_001, 30_000],
        ] as const
      )[nth % 3] ?? [0, 0];
      return from + random.below(to - from + 1);
    }
    const isShort = (nth: number) => (delays[nth] ?? 0) <= 30_000;
    const short = delays.flatMap((_, nth) => (isShort(nth) ? [nth] : []));

    const channel = await (await scene.foreigner()).createChannel();
    // Half a minute is the same promise as a second, and adopted where it is found; the full run waits for it.
    if (!isFull) {
      await channel.assertExchange(`samovar.${scene.to}`, 'direct', { durable: true });
      await channel.assertQueue(`${scene.to}.retry.30s`, {
        ...{ durable: true, messageTtl: 1_000 },
        ...{ deadLetterExchange: `samovar.${scene.to}`, deadLetterRoutingKey: scene.to },
      });
    }
    const again: number[] = [];
    const handler = defineHandler(echo, {
      run({ word }, { attempt }) {
        if (attempt === 1) throw new RetryLater(delays[Number(word)] ?? 0);
        again.push(Number(word));
        return { word };
      },
    });
    const transport = createAmqpTransport({ url: scene.virtualHost.url });
    const server = await startServer({ transport, address: scene.to, handlers: [handler] });
    scene.closing(async () => {
      await server.stop();
      await transport.close();
    });
    const client = scene.client();
    const startedMs = performance.now();
    await Promise.all(delays.map((_, nth) => client.send(echo, { word: String(nth) }, { to: scene.to })));
    await expect.poll(() => again.length, { timeout: 60_000 }).toBe(short.length);
    if (isFull) console.log(`all of 30 s came back within ${Math.round(performance.now() - startedMs)} ms`);
    expect(again.toSorted((a, b) => a - b)).toEqual(short);

    const { virtualHost } = scene;
    const queues = (await broker.management('GET', `/queues/${encodeURIComponent(virtualHost.name)}`)) as {
      readonly name: string;
    }[];
    const retrying = queues.map(({ name }) => name).filter((name) => name.includes('.retry.'));
    expect(retrying.sort()).toEqual(['30m', '30s', '5m'].map((rung) => `${scene.to}.retry.${rung}`));
    const left = () => Promise.all(retrying.map(async (name) => (await channel.checkQueue(name)).messageCount));
    await expect.poll(async () => (await left()).reduce((a, b) => a + b)).toBe(1_000 - short.length);
    expect((await left())[1]).toBe(0);
  },
);
