import { expect, it } from 'vitest';
import { createLeases } from '../../src/stores/redis/leases.js';
import { createManualClock } from '../../src/testing/index.js';

it('a process that stood still hears that a lease is lost before it uses what it took', async () => {
  const clock = createManualClock();
  const leases = createLeases({ clock, leaseMs: 9_000, on: 'claims', renew: async () => ({ kept: new Set() }) });
  const sinceMs = clock.monotonicMs();
  await clock.advance(6_000);
  let reason: Error | undefined;
  leases.add('token', { sinceMs, lost: (given) => (reason = given) });
  expect(reason?.message).toContain('no renewal for two thirds of 9000 ms');
  expect(clock.pending()).toBe(0);
});

it('a process that stood still can look at the clock before its timers run', async () => {
  let lateMs = 0;
  const clock = createManualClock();
  const late = { ...clock, monotonicMs: () => clock.monotonicMs() + lateMs };
  const leases = createLeases({
    clock: late,
    leaseMs: 9_000,
    on: 'locks',
    renew: async (ids) => ({ kept: new Set(ids) }),
  });
  let reason: Error | undefined;
  leases.add('token', { sinceMs: 0, lost: (given) => (reason = given) });
  await clock.advance(4_000);
  lateMs = 4_999;
  leases.check('token');
  expect(reason).toBeUndefined();
  lateMs = 5_000;
  leases.check('token');
  expect(reason?.message).toContain('no renewal for two thirds of 9000 ms');
  expect(clock.pending()).toBe(0);
});
