import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { defineHandler, startServer } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { countEffects } from '../support/effects.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';
import { work } from './workers/actions.js';
import { openScene, type Scene } from './workers/scene.js';

let broker: SharedBroker;
let scene: Scene;
beforeAll(async () => {
  broker = await sharedRabbitmq();
});
beforeEach(async () => {
  scene = await openScene(broker);
});
afterEach(() => scene.close());

/** Makes `count` calls, at most 100 at a time, and resolves to the process that answered each. */
async function answeredBy(count: number, onAnswer: (answered: number) => void = () => undefined): Promise<number[]> {
  const client = scene.client();
  const pids: number[] = [];
  let called = 0;
  async function caller(): Promise<void> {
    while (called < count) {
      const { pid } = await client.call(work, { subject: `call-${(called += 1)}`, ms: 1 }, { to: scene.to });
      onAnswer(pids.push(pid));
    }
  }
  await Promise.all(Array.from({ length: 100 }, caller));
  return pids;
}

test('two workers on one address share its calls', async () => {
  const workers = await Promise.all([scene.worker(), scene.worker()]);
  const pids = await answeredBy(1_000);
  expect(pids).toHaveLength(1_000);
  for (const worker of workers) expect(pids.filter((pid) => pid === worker.pid).length).toBeGreaterThan(300);
  const counts = [...countEffects(scene.effects()).values()];
  expect(counts).toEqual(Array.from({ length: 1_000 }, () => ({ starts: 1, finishes: 1 })));
});

test('a worker killed beside another on its address loses no call', async () => {
  const [victim] = await Promise.all([scene.worker(), scene.worker()]);
  const pids = await answeredBy(1_000, (answered) => {
    if (answered === 300) victim.child.kill('SIGKILL');
  });
  expect(pids).toHaveLength(1_000);
  expect(await victim.child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  for (const { finishes } of countEffects(scene.effects()).values()) expect(finishes).toBeGreaterThan(0);
});

test.each([
  ['its pool', 'its node', 'pool', 'node-1'],
  ['its node', 'its pool', 'node-1', 'pool'],
])('a worker flooded at the address of %s still serves that of %s', async (_flooded, _other, flooded, other) => {
  await scene.worker({ address: ['node-1', 'pool'], concurrency: 4, maxWaiting: 100 });
  const client = scene.client();
  let isFlooding = true;
  let floodAnswers = 0;
  // Fifty callers for four slots: the flooded address always has some 46 requests waiting.
  const flood = Array.from({ length: 50 }, async () => {
    while (isFlooding) {
      await client.call(work, { subject: 'flood', ms: 100 }, { to: flooded });
      floodAnswers++;
    }
  });
  try {
    await expect.poll(() => floodAnswers).toBeGreaterThan(0);
    const before = floodAnswers;
    for (let nth = 0; nth < 5; nth++) await client.call(work, { subject: 'other', ms: 100 }, { to: other });
    // Served in turn it waits for one slot, and not until all those before it have had theirs.
    expect((floodAnswers - before) / 5).toBeLessThan(40);
  } finally {
    isFlooding = false;
    await Promise.all(flood);
  }
});

test('two users of the broker with one idempotency key have two executions', async () => {
  const rights = { virtualHost: scene.virtualHost.name };
  const [ann, bob] = await Promise.all([broker.createUser(rights), broker.createUser(rights)]);
  const callers: (string | undefined)[] = [];
  const transport = createAmqpTransport({ url: scene.virtualHost.url });
  const handler = defineHandler(work, {
    run: (_request, { caller }) => ({ pid: callers.push(caller), redelivered: false, attempt: 1 }),
  });
  await using _server = await startServer({ transport, address: scene.to, handlers: [handler] });
  const options = { to: scene.to, idempotencyKey: 'the same' };
  for (const { url } of [ann, bob, ann, bob]) {
    await scene.client({ amqp: { url } }).call(work, { subject: 'one' }, options);
  }
  expect(callers).toEqual([ann.name, bob.name]);
  await transport.close();
});

test("a forged user_id closes the forger's channel, and nobody else's", async () => {
  const [mallory, ann] = await Promise.all([
    broker.createUser({ virtualHost: scene.virtualHost.name }),
    broker.createUser({ virtualHost: scene.virtualHost.name }),
  ]);
  const worker = await scene.worker();
  const client = scene.client({ amqp: { url: ann.url } });
  const running = client.call(work, { subject: 'running', holds: true }, { to: scene.to });
  await worker.child.waitForLine('started running');

  const connection = await scene.foreigner(mallory.url);
  const [forging, honest] = [await connection.createChannel(), await connection.createChannel()];
  const closed = new Promise<unknown>((resolve) => void forging.on('error', resolve));
  const request = Buffer.from('{"subject":"forged"}');
  forging.publish('work', scene.to, request, { userId: ann.name });
  expect(String(await closed)).toContain('PRECONDITION_FAILED');

  await honest.checkQueue(scene.to);
  worker.goOn();
  expect(await running).toMatchObject({ pid: worker.pid });
  expect(await client.call(work, { subject: 'later' }, { to: scene.to })).toMatchObject({ pid: worker.pid });
  expect(client.health().transport.reconnects).toBe(0);
  expect(scene.effectsOf('forged')).toEqual({ starts: 0, finishes: 0 });
});
