import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineHandler, RpcError } from '../../src/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { echo, failureOf, gate, openStage } from '../e2e/stage.js';
import { work } from '../e2e/workers/actions.js';
import { openMemoryWorld } from '../e2e/worlds.js';
import { openScene, type Scene } from '../e2e/workers/scene.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
const concurrency = 8;
const runMs = 100;
const timeoutMs = 3_000;
/** What the worker could do if nothing else took time. */
const capacityPerSecond = (concurrency * 1_000) / runMs;

let scene: Scene;
beforeEach(async () => {
  scene = await openScene(await sharedRabbitmq());
});
afterEach(() => scene.close());

interface Told {
  readonly code: string;
  readonly tookMs: number;
}

test.each([
  ['callers with a bound hear at once what is over it, and the rest is served in time', 200, isFull ? 60_000 : 8_000],
  ['callers without a bound are served as many as ever, each before it has given up', 10_000, isFull ? 300_000 : 8_000],
] as const)(
  'ten times more calls than a worker can serve: %s',
  { timeout: 1_200_000 },
  async (_promise, maxPendingCalls, loadMs) => {
    await scene.worker({ effects: undefined, concurrency, maxWaiting: 100 });
    const client = scene.client({ maxPendingCalls });

    async function call(nth: number): Promise<Told> {
      const startedMs = performance.now();
      const code = await client.call(work, { subject: `call-${nth}`, ms: runMs }, { to: scene.to, timeoutMs }).then(
        () => 'value',
        (error: unknown) => {
          if (!(error instanceof RpcError)) throw error;
          return error.code;
        },
      );
      return { code, tookMs: performance.now() - startedMs };
    }

    /** So many a second, whatever becomes of them. */
    async function load(perSecond: number, forMs: number) {
      const told: Promise<Told>[] = [];
      const startedMs = performance.now();
      await new Promise<void>((resolve) => {
        const pace = setInterval(() => {
          const passedMs = Math.min(performance.now() - startedMs, forMs);
          // A busy machine skips ticks: what is due by now is made up for.
          while (told.length < (passedMs * perSecond) / 1_000) told.push(call(told.length));
          if (passedMs < forMs) return;
          clearInterval(pace);
          resolve();
        }, 5);
      });
      const all = await Promise.all(told);
      const by = (code: string) => all.filter((each) => each.code === code);
      return { all, by, answersPerSecond: (by('value').length * 1_000) / (performance.now() - startedMs) };
    }

    // A little more than what fits: all that it can do.
    const most = await load(capacityPerSecond * 1.2, 2_000);
    const crowded = await load(capacityPerSecond * 10, loadMs);
    const ratio = crowded.answersPerSecond / most.answersPerSecond;
    console.log(
      `${crowded.all.length} calls in ${loadMs / 1_000} s: ${crowded.answersPerSecond.toFixed(0)} answers a second, ` +
        `${ratio.toFixed(2)} of the most, p99 ${p99(crowded.by('value'))} ms; ${crowded.by('busy').length} busy, ` +
        `p99 ${p99(crowded.by('busy'))} ms; ${crowded.by('deadline_exceeded').length} out of time`,
    );
    // A short run says less, and may share its machine with others. So may the timers of the callers come late.
    expect(ratio).toBeGreaterThan(isFull ? 0.8 : 0.6);
    expect(p99(crowded.by('value'))).toBeLessThan(timeoutMs + 500);
    if (maxPendingCalls < 1_000) {
      // None, but where the machine stands still for seconds.
      expect(crowded.by('busy').length + crowded.by('value').length).toBeGreaterThan(0.98 * crowded.all.length);
      expect(p99(crowded.by('busy'))).toBeLessThan(100);
    }
    expect(client.health().pending).toBe(0);
    expect(await call(0)).toMatchObject({ code: 'value' });
  },
);

test('a call whose deadline passes while it waits for a slot gets none, even within the tolerance for clocks', async () => {
  const stage = await openStage(openMemoryWorld);
  try {
    const clock = createManualClock({ startMs: Date.now() });
    const [first, started] = [gate(), [] as string[]];
    const handler = defineHandler(echo, {
      async run({ word }) {
        started.push(word);
        if (word === 'first') await first.opened;
        return { word };
      },
    });
    const server = await stage.serve([handler], { clock, concurrency: 1 });
    const client = stage.client({ clock: createManualClock({ startMs: clock.now() }) });
    const call = (word: string, ms: number) => client.call(echo, { word }, { to: stage.to, timeoutMs: ms });
    const calls = [call('first', 60_000), failureOf(call('late', 5_000)), call('in time', 60_000)];
    await expect.poll(() => server.health().inFlight).toBe(3);
    clock.jump(5_500);
    first.open();
    expect(await Promise.all(calls)).toMatchObject([
      { word: 'first' },
      { code: 'deadline_exceeded', outcome: 'not_executed' },
      { word: 'in time' },
    ]);
    expect(started).toEqual(['first', 'in time']);
  } finally {
    await stage.close();
  }
});

function p99(times: readonly Told[]): number {
  const sorted = times.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? NaN);
}
