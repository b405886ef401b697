import { describe, test } from 'vitest';
import { transportConformance } from '../../src/testing/index.js';
import type { TransportTraits } from '../../src/core/transport.js';
import { createMemoryHarness } from './memory-harness.js';

/** The other answer to every trait, so that the other case of each pair has something to be true of. */
const otherwise: Partial<TransportTraits> = {
  maxBodyBytes: 1_001,
  ordering: 'none',
  countsAttempts: true,
  canCancel: false,
  reportsUnroutable: false,
  reportsNoWorker: false,
  maxHoldMs: 60_000,
  survivesBrokerCrash: true,
};

describe.each([
  { name: 'the memory transport', options: {} },
  { name: 'the memory transport with signals', options: { signals: true } },
  { name: 'the memory transport with all traits turned round', options: { traits: otherwise } },
  { name: 'the memory transport with a clock that owns its turns', options: { turnsByClock: true } },
])('$name', ({ options }) => {
  for (const { name, run } of transportConformance(createMemoryHarness(options))) test(name, run);
});
