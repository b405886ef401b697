import { expect, onTestFinished, test } from 'vitest';
import { runScript } from '../support/process.js';
import { sharedRabbitmq } from '../support/shared-rabbitmq.js';
import type { Sample } from './many-calls.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
const mebibyte = 2 ** 20;

/** How much more `bytesOf` is for each 100,000 calls: the median over all pairs, which no single odd sample moves. */
function slope(samples: readonly Sample[], bytesOf: (sample: Sample) => number): number {
  const slopes = samples.flatMap((early, nth) =>
    samples
      .slice(nth + 1)
      .map((late) => ((bytesOf(late) - bytesOf(early)) * 100_000) / (late.calls - early.calls) / mebibyte),
  );
  return slopes.toSorted((a, b) => a - b)[slopes.length >> 1] ?? NaN;
}

async function urlOf(over: 'memory' | 'amqp'): Promise<string[]> {
  if (over === 'memory') return [];
  const broker = await sharedRabbitmq();
  const { name, url } = await broker.createVirtualHost();
  onTestFinished(() => broker.deleteVirtualHost(name));
  return [url];
}

test.each([
  { over: 'memory', calls: isFull ? 1_000_000 : 50_000 },
  { over: 'amqp', calls: isFull ? 100_000 : 5_000 },
] as const)(
  'a great many calls over $over ($calls) leave nothing pending, no timer, no listener, and the memory flat',
  { timeout: 600_000 },
  async ({ over, calls }) => {
    const script = runScript(new URL('many-calls.ts', import.meta.url), {
      args: [String(calls), '20', ...(await urlOf(over))],
      // Of young objects there is always the same then, however fast they are made.
      nodeOptions: ['--expose-gc', '--max-semi-space-size=1'],
    });
    expect(await script.exited).toEqual({ code: 0, signal: null });
    expect(script.stderr).toBe('');
    expect(script.lines.at(-1)).toBe('0 timers in the end');
    const samples = script.lines.slice(0, -1).map((line) => JSON.parse(line) as Sample);
    expect(samples.at(-1)).toMatchObject({ calls });
    for (const sample of samples) {
      expect(sample).toMatchObject({ pending: 0, inHand: 0, listeners: 0 });
      // A transport has a few of its own, whatever number of calls there were.
      expect(sample.timers).toBeLessThan(20);
    }

    const warm = samples.slice(5);
    const resident = slope(warm, ({ residentBytes }) => residentBytes);
    const heap = slope(warm, ({ heapBytes }) => heapBytes);
    console.log(
      `${calls} calls over ${over}: ${resident.toFixed(3)} MiB resident, ${heap.toFixed(3)} MiB of heap each 100,000`,
    );
    const grown = (warm.at(-1)?.heapBytes ?? NaN) - (warm[0]?.heapBytes ?? NaN);
    expect(grown).toBeLessThan(2 * mebibyte);
    // A short run is still warming up: what is resident says something after a long one only.
    if (isFull) expect(resident).toBeLessThan(1);
  },
);
