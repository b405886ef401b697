import { expect, it } from 'vitest';
import { check } from './check.js';
import { plantedBugs } from './planted/index.js';

const mostRuns = 1_000;

it.each(plantedBugs)('the simulation finds it if $name', { timeout: 120_000 }, async ({ profile, parts }) => {
  const { failed } = await check({ profile, from: 1, runs: mostRuns, parts });
  expect(failed?.violations.length ?? 0).toBeGreaterThan(0);
});
