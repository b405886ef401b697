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
