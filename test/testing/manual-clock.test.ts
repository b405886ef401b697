import { expect, test } from 'vitest';
import { delay } from '../../src/core/clock.js';
import { createManualClock } from '../../src/testing/index.js';

test('time stands still until it is moved', async () => {
  const clock = createManualClock({ startMs: 1_000 });
  let done = false;
  void delay(clock, 100).then(() => (done = true));
  expect([clock.now(), clock.monotonicMs(), clock.pending()]).toEqual([1_000, 0, 1]);
  await clock.advance(99);
  expect(done).toBe(false);
  await clock.advance(1);
  expect(done).toBe(true);
  expect([clock.now(), clock.monotonicMs(), clock.pending()]).toEqual([1_100, 100, 0]);
});

test('timers run in the order they fall due, equal ones in the order they were set, each at its time', async () => {
  const clock = createManualClock({ startMs: 0 });
  const ran: string[] = [];
  for (const [name, ms] of Object.entries({ c: 30, a: 10, b1: 20, b2: 20, now: 0, past: -5 })) {
    clock.after(ms, () => ran.push(`${name} ${clock.now()}`));
  }
  await clock.advance(30);
  expect(ran).toEqual(['now 0', 'past 0', 'a 10', 'b1 20', 'b2 20', 'c 30']);
});

test('what one timer sets off settles before the next one runs, and new timers run too', async () => {
  const clock = createManualClock({ startMs: 0 });
  const ran: string[] = [];
  async function chain(): Promise<void> {
    for (let step = 1; step <= 3; step += 1) {
      await delay(clock, 10);
      ran.push(`step ${step} at ${clock.now()}`);
    }
  }
  const chained = chain();
  clock.after(20, () => ran.push('between'));
  await clock.advance(100);
  await chained;
  expect(ran).toEqual(['step 1 at 10', 'between', 'step 2 at 20', 'step 3 at 30']);
});

test('a cancelled timer does not run, and cancelling late does nothing', async () => {
  const clock = createManualClock();
  let ran = 0;
  const cancel = clock.after(10, () => (ran += 1));
  const late = clock.after(10, () => (ran += 1));
  cancel();
  cancel();
  await clock.advance(10);
  late();
  expect([ran, clock.pending()]).toEqual([1, 0]);
});

test('the wall clock may jump without a timer noticing', async () => {
  const clock = createManualClock({ startMs: 0 });
  let ran = false;
  clock.after(100, () => (ran = true));
  clock.jump(3_600_000);
  expect([clock.now(), clock.monotonicMs(), ran]).toEqual([3_600_000, 0, false]);
  await clock.advance(100);
  expect([clock.now(), ran]).toEqual([3_600_100, true]);
});

test('a delay that is no number, and a loop without a delay, fail the test', async () => {
  const clock = createManualClock({ settle: () => Promise.resolve() });
  expect(() => clock.after(Number.NaN, () => undefined)).toThrow(/got NaN/);
  const again = (): void => void clock.after(0, again);
  again();
  await expect(clock.advance(1)).rejects.toThrow(/loops without a delay/);
});
