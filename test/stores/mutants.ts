import type { StoreCase } from '../../src/testing/store-harness.js';
import { turnOfTheLoop } from './memory-harness.js';

/** The names of the cases that fail. One that never ends fails too: in one process nothing takes thousands of turns. */
export async function failuresOf(cases: readonly StoreCase[]): Promise<string[]> {
  const failures: string[] = [];
  for (const { name, run } of cases) if (!(await passes(run))) failures.push(name);
  return failures;
}

async function passes(run: () => Promise<void>): Promise<boolean> {
  const verdict: { passed?: boolean } = {};
  run().then(
    () => (verdict.passed = true),
    () => (verdict.passed = false),
  );
  for (let turn = 0; turn < 2_000 && verdict.passed === undefined; turn += 1) await turnOfTheLoop();
  return verdict.passed === true;
}
