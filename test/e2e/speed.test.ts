import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { failureOf } from './stage.js';
import { work } from './workers/actions.js';
import { openScene, type Scene } from './workers/scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(await sharedRabbitmq());
});
afterAll(() => scene.close());

test('a call to an address that nobody serves fails as unroutable, not executed, within 50 ms', async () => {
  const client = scene.client();
  const tookMs: number[] = [];
  for (let nth = 0; nth < 25; nth++) {
    const startedMs = performance.now();
    const failure = await failureOf(client.call(work, { subject: 'x' }, { to: 'nobody' }));
    tookMs.push(performance.now() - startedMs);
    expect(failure).toEqual({ code: 'unroutable', outcome: 'not_executed', retryable: true });
  }
  const warm = tookMs.slice(5).sort((a, b) => a - b);
  expect(warm[10]).toBeLessThan(50);
});

// With Nagle's algorithm on any of the four sockets no twenty calls in a row are faster than 46 a second; without it some
// are faster than this even on a machine that is busy with other things.
test('one caller does more than 500 calls a second, one after the other', async () => {
  await scene.worker({ effects: undefined });
  const client = scene.client();
  async function callsPerSecond(): Promise<number> {
    const startedMs = performance.now();
    for (let nth = 0; nth < 20; nth++) await client.call(work, { subject: 'x' }, { to: scene.to });
    return 20_000 / (performance.now() - startedMs);
  }
  await expect.poll(callsPerSecond).toBeGreaterThan(500);
});
