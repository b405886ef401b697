import { expect, test } from 'vitest';
import { soak, soakFaults } from './soak.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';

test(
  'under load with a fault every few seconds nothing is lost, nothing is done twice and everybody is told the truth',
  { timeout: 600_000 },
  async () => {
    // Without Redis going away nothing is put off, and there is nothing to wait for in the end.
    const verdict = await (isFull
      ? soak({ seconds: 120, seed: 1 })
      : soak({ seconds: 60, seed: 1, faults: soakFaults.filter((fault) => fault !== 'kill Redis') }));
    console.log(JSON.stringify(verdict));
    expect(verdict).toMatchObject({ lost: 0, unexpected: 0, duplicated: 0, violations: [] });
    expect(verdict.accepted).toBeGreaterThan(100);
    expect(verdict.faults).toBeGreaterThan(2);
  },
);
