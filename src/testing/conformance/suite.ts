import assert from 'node:assert/strict';
import { isOn, type ConformanceCase } from './case.js';
import { createCaseContext } from './context.js';
import type { TransportHarness } from './harness.js';
import { transportCases } from './transport-cases.js';

export interface ConformanceOptions {
  /** Cases that this transport is known to fail, or cannot be tried with, by name, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** One case, ready for the test runner. */
export interface ConformanceTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * What has to hold for every transport, as tests for any runner. A case that is skipped has to fail: once it passes,
 * its test fails and says so. A case that needs what the harness does not have fails unless it is skipped.
 * @throws TypeError for a skip of a case that there is not, or without a reason.
 */
export function transportConformance(
  harness: TransportHarness,
  { skip = {} }: ConformanceOptions = {},
): readonly ConformanceTest[] {
  const reasons = new Map(Object.entries(skip));
  for (const [name, reason] of reasons) {
    const known = transportCases.some((each) => each.name === name);
    if (!known) throw new TypeError(`expected the name of a case to skip, got '${name}'`);
    if (reason.trim() === '') throw new TypeError(`expected a reason to skip '${name}', got none`);
  }
  return transportCases
    .filter(({ trait }) => !trait || isOn(trait, harness.traits))
    .map((each) => ({ name: `${each.group}: ${each.name}`, run: testOf(each, harness, reasons.get(each.name)) }));
}

function testOf(each: ConformanceCase, harness: TransportHarness, reason: string | undefined): () => Promise<void> {
  return async () => {
    const missing = (each.needs ?? []).filter((capability) => harness[capability] === undefined);
    if (missing.length > 0) {
      assert.ok(reason, `the harness lacks ${missing.join(' and ')}: add it, or skip '${each.name}' with a reason`);
      return;
    }
    if (reason === undefined) return runCase(each, harness);
    const failed = await runCase(each, harness).then(
      () => false,
      () => true,
    );
    assert.ok(failed, `'${each.name}' is skipped (${reason}), but it passes: take it off the list`);
  };
}

/** Runs one case on connections of its own. */
export async function runCase(each: ConformanceCase, harness: TransportHarness): Promise<void> {
  const context = createCaseContext(harness);
  try {
    await each.run(context);
  } finally {
    await context.end();
  }
}
