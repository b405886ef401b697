import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { failureOf } from '../e2e/stage.js';
import { work } from '../e2e/workers/actions.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { sharedRabbitmq, type SharedBroker } from '../support/shared-rabbitmq.js';

let broker: SharedBroker;
let scene: Scene;
beforeEach(async () => {
  broker = await sharedRabbitmq();
  scene = await openScene(broker);
});
afterEach(() => scene.close());

test("of three users of the broker, the third one's cancel of a known id changes nothing, and the caller's own does", async () => {
  const rights = { virtualHost: scene.virtualHost.name };
  const [serving, calling, strange] = await Promise.all([1, 2, 3].map(() => broker.createUser(rights)));
  const worker = await scene.worker({ url: serving?.url ?? '' });
  const client = scene.client({ amqp: { url: calling?.url ?? '' } });
  const stranger = createAmqpTransport({ url: strange?.url ?? '' });
  scene.closing(() => stranger.close());
  // A cancel waits for no connection: it is never the first that is sent.
  await stranger.send(scene.to, { id: 'first', action: work.name, body: '{"subject":"first"}', headers: {} });

  const abort = new AbortController();
  const options = { to: scene.to, signal: abort.signal };
  const kept = client.call(work, { subject: 'kept', holds: true }, { to: scene.to });
  const cancelled = failureOf(client.call(work, { subject: 'given up', holds: true }, options));
  for (const [nth, subject] of ['kept', 'given up'].entries()) {
    const id = (await worker.child.waitForLine(`started ${subject} `)).split(' ').at(-1) ?? '';
    const cancel = { id: `cancel-${nth}`, action: 'samovar.cancel', body: '{}', headers: {}, correlationId: id };
    await stranger.send(scene.to, cancel, { control: true });
    await expect.poll(async () => (await worker.report()).counters['refused_cancels']).toBe(nth + 1);
  }
  expect(worker.child.lines.filter((line) => line.startsWith('aborted'))).toEqual([]);

  abort.abort();
  expect(await cancelled).toMatchObject({ code: 'cancelled', outcome: 'unknown' });
  await worker.child.waitForLine('aborted given up');
  worker.goOn();
  expect(await kept).toMatchObject({ pid: worker.pid });
  expect(worker.child.lines).not.toContain('aborted kept');
  expect(scene.effectsOf('kept')).toEqual({ starts: 1, finishes: 1 });
});
