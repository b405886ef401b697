import { afterEach, beforeEach, expect, test } from 'vitest';
import { work } from '../e2e/workers/actions.js';
import { failureOf } from '../e2e/stage.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

let scene: Scene;
let proxy: FaultProxy;
beforeEach(async () => {
  const broker = await sharedRabbitmq();
  [scene, proxy] = await Promise.all([openScene(broker), startFaultProxy(broker.port)]);
});
afterEach(async () => {
  await scene.close();
  await proxy.close();
});

/** A caller behind the proxy that has made a call. */
async function warmCaller() {
  const client = scene.client({ amqp: { url: proxy.through(scene.virtualHost.url) } });
  await client.call(work, { subject: 'before' }, { to: scene.to });
  return client;
}

test('a call that was given up while its worker stood still is never started', async () => {
  const worker = await scene.worker();
  const client = scene.client();
  await client.call(work, { subject: 'before' }, { to: scene.to });
  worker.child.kill('SIGSTOP');
  const late = client.call(work, { subject: 'late' }, { to: scene.to, timeoutMs: 500 });
  expect(await failureOf(late)).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
  // It counts from what the caller set, and clocks may be off by two seconds.
  const continuedMs = performance.now() + 2_500;
  await expect.poll(() => performance.now()).toBeGreaterThan(continuedMs);
  worker.child.kill('SIGCONT');
  await client.call(work, { subject: 'after' }, { to: scene.to });
  expect(scene.effectsOf('late')).toEqual({ starts: 0, finishes: 0 });
});

test('a call cut off between its request and the confirm is sent again with its key, and done once', async () => {
  const worker = await scene.worker();
  const client = await warmCaller();
  const cut = proxy.cutAt({ method: 'basic.publish', direction: 'up', when: 'after' });
  const call = client.call(work, { subject: 'keyed' }, { to: scene.to, idempotencyKey: 'k' });
  await cut;
  expect(await call).toMatchObject({ pid: worker.pid });
  expect(scene.effectsOf('keyed')).toEqual({ starts: 1, finishes: 1 });
});

test('a call cut off between its request and the confirm is not sent again without a key, and its answer arrives', async () => {
  const worker = await scene.worker();
  const client = await warmCaller();
  const cut = proxy.cutAt({ method: 'basic.publish', direction: 'up', when: 'after' });
  const call = client.call(work, { subject: 'plain' }, { to: scene.to });
  await cut;
  expect(await call).toMatchObject({ pid: worker.pid });
  await client.call(work, { subject: 'after' }, { to: scene.to });
  expect(scene.effectsOf('plain')).toEqual({ starts: 1, finishes: 1 });
});

test('a call cut off before its request got out, without a key, is not sent again and told as unknown', async () => {
  await scene.worker();
  const client = await warmCaller();
  const cut = proxy.cutAt({ method: 'basic.publish', direction: 'up', when: 'before' });
  const call = failureOf(client.call(work, { subject: 'plain' }, { to: scene.to, timeoutMs: 2_000 }));
  await cut;
  expect(await call).toMatchObject({ outcome: 'unknown' });
  await client.call(work, { subject: 'after' }, { to: scene.to });
  expect(scene.effectsOf('plain')).toEqual({ starts: 0, finishes: 0 });
});

test('an answer that overtakes the confirm of its request is the answer', async () => {
  const worker = await scene.worker();
  const client = await warmCaller();
  const confirm = proxy.hold('basic.ack', 'down');
  expect(await client.call(work, { subject: 'one' }, { to: scene.to })).toMatchObject({ pid: worker.pid });
  confirm();
  await client.call(work, { subject: 'after' }, { to: scene.to });
  expect(client.health()).toMatchObject({ pending: 0 });
});

test(
  '100,000 calls while the broker is away: what is over the bound fails at once, and the rest works afterwards',
  { timeout: 120_000 },
  async () => {
    await scene.worker({ effects: undefined });
    const client = await warmCaller();
    await proxy.down();
    await expect.poll(() => client.health().transport.status).toBe('connecting');
    const calls = Array.from({ length: 100_000 }, (_, nth) =>
      client.call(work, { subject: `call-${nth}` }, { to: scene.to, timeoutMs: 60_000 }).then(
        () => 'a value',
        (error: unknown) => (error as { code: string; outcome: string }).code,
      ),
    );
    const refused = await Promise.all(calls.slice(10_000));
    expect(new Set(refused)).toEqual(new Set(['busy']));
    await proxy.up();
    const rest = await Promise.all(calls.slice(0, 10_000));
    expect(new Set(rest)).toEqual(new Set(['a value']));
    expect(client.health().pending).toBe(0);
  },
);
