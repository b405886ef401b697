import { afterAll, describe, expect, it } from 'vitest';
import { idempotencyConformance } from '../../src/testing/idempotency-conformance.js';
import { lockConformance } from '../../src/testing/lock-conformance.js';
import { createRedisIdempotencyHarness, createRedisLockHarness } from './redis-harness.js';

const locks = await createRedisLockHarness();
const claims = await createRedisIdempotencyHarness();

describe('the Redis lock provider', () => {
  for (const { name, run } of lockConformance(locks)) it(name, run);

  afterAll(async () => {
    expect(await locks.entries(), 'names in use after all cases').toBe(0);
    await locks.destroy();
    expect(locks.clock.pending(), 'timers after all cases').toBe(0);
  });
});

describe('the Redis idempotency store', () => {
  for (const { name, run } of idempotencyConformance(claims)) it(name, run);

  afterAll(() => claims.destroy());
});
