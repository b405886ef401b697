import { afterAll, describe, expect, it } from 'vitest';
import { idempotencyConformance } from '../../src/testing/idempotency-conformance.js';
import { lockConformance } from '../../src/testing/lock-conformance.js';
import { createIdempotencyHarness, createLockHarness } from './memory-harness.js';

describe('the memory lock provider', () => {
  const harness = createLockHarness();
  for (const { name, run } of lockConformance(harness)) it(name, run);

  afterAll(async () => {
    await harness.destroy();
    expect(await harness.entries(), 'names in use after all cases').toBe(0);
    expect(harness.clock.pending(), 'timers after all cases').toBe(0);
  });
});

describe('the memory idempotency store', () => {
  const harness = createIdempotencyHarness();
  for (const { name, run } of idempotencyConformance(harness)) it(name, run);

  afterAll(() => harness.destroy());
});
