import { afterEach, beforeEach, expect, test } from 'vitest';
import { countEffects } from '../support/effects.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import { work } from './workers/actions.js';
import { openScene, type Scene } from './workers/scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(await sharedRabbitmq());
});
afterEach(() => scene.close());

const subjects = (count: number, name: string) => Array.from({ length: count }, (_, nth) => `${name}-${nth}`);

test('a worker killed in the middle of a call and started again answers the call', async () => {
  const first = await scene.worker();
  const call = scene.client().call(work, { subject: 'one', holds: true }, { to: scene.to });
  await first.child.waitForLine('started one');
  await first.child.kill9();
  expect(scene.effectsOf('one')).toEqual({ starts: 1, finishes: 0 });
  const again = await scene.worker({ holds: false });
  expect(await call).toEqual({ pid: again.pid, redelivered: true, attempt: 1 });
  expect(scene.effectsOf('one')).toEqual({ starts: 2, finishes: 1 });
});

test('SIGTERM lets what runs end and be answered, and what only waited runs elsewhere, once', async () => {
  const client = scene.client();
  const calls = (names: readonly string[]) =>
    Promise.all(names.map((subject) => client.call(work, { subject, holds: true }, { to: scene.to })));
  const leaving = await scene.worker({ concurrency: 20, maxWaiting: 200 });
  const running = calls(subjects(20, 'running'));
  for (const subject of subjects(20, 'running')) await leaving.child.waitForLine(`started ${subject} `);
  const prefetched = calls(subjects(200, 'prefetched'));
  await expect.poll(async () => (await leaving.report()).inFlight).toBe(220);
  const staying = await scene.worker({ holds: false });

  leaving.child.kill('SIGTERM');
  for (const { pid } of await prefetched) expect(pid).toBe(staying.pid);
  leaving.goOn();
  for (const { pid } of await running) expect(pid).toBe(leaving.pid);
  expect(await leaving.child.exited).toEqual({ code: 0, signal: null });
  const counts = [...countEffects(scene.effects()).values()];
  expect(counts).toEqual(Array.from({ length: 220 }, () => ({ starts: 1, finishes: 1 })));
});

test('workers replaced one by one under load lose nothing and run nothing twice', { timeout: 60_000 }, async () => {
  const client = scene.client();
  const replacements = 3;
  let serving = await scene.worker();
  let called = 0;
  let isOver = false;
  // Each of these calls as soon as it is answered: there is always something running, waiting and on its way.
  const callers = Array.from({ length: 100 }, async () => {
    while (!isOver) await client.call(work, { subject: `call-${(called += 1)}`, ms: 5 }, { to: scene.to });
  });
  try {
    for (let nth = 0; nth < replacements; nth++) {
      const next = await scene.worker();
      serving.child.kill('SIGTERM');
      expect(await serving.child.exited).toEqual({ code: 0, signal: null });
      serving = next;
    }
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
  expect(called).toBeGreaterThan(100 * replacements);
  const counts = [...countEffects(scene.effects()).values()];
  expect(counts).toEqual(Array.from({ length: called }, () => ({ starts: 1, finishes: 1 })));
});

test.each(['obeys', 'ignores'] as const)(
  'a run longer than the drain time is aborted, told by the exit code and run elsewhere, even if it %s its signal',
  async (ending) => {
    const leaving = await scene.worker({ drainMs: 100, ending });
    const call = scene.client().call(work, { subject: 'long', holds: true }, { to: scene.to });
    const [, , id = ''] = (await leaving.child.waitForLine('started long')).split(' ');
    leaving.child.kill('SIGTERM');
    await leaving.child.waitForLine('aborted long');
    expect(await leaving.child.exited).toEqual({ code: 1, signal: null });
    expect(leaving.child.stderr).toContain(id);
    const staying = await scene.worker({ holds: false });
    expect(await call).toEqual({ pid: staying.pid, redelivered: true, attempt: 1 });
    expect(scene.effectsOf('long')).toEqual({ starts: 2, finishes: 1 });
  },
);
