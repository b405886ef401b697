import assert from 'node:assert/strict';
import { attemptChecks } from './checks/attempt-checks.js';
import { batchChecks } from './checks/batch-checks.js';
import { createCheckContext, type SqsCheck, type SqsCheckHarness } from './checks/check.js';
import { dedupChecks } from './checks/dedup-checks.js';
import { groupChecks } from './checks/group-checks.js';
import { queueChecks } from './checks/queue-checks.js';
import { receiptChecks } from './checks/receipt-checks.js';
import { receivingChecks } from './checks/receiving-checks.js';
import { redriveChecks } from './checks/redrive-checks.js';
import { sendingChecks } from './checks/sending-checks.js';

/** Everything that is asked of an SQS, as data. */
export const sqsChecks: readonly SqsCheck[] = [
  ...groupChecks,
  ...receiptChecks,
  ...attemptChecks,
  ...dedupChecks,
  ...sendingChecks,
  ...batchChecks,
  ...receivingChecks,
  ...queueChecks,
  ...redriveChecks,
];

export interface SqsCheckOptions {
  /** Checks that it is known to fail, by name, each with the reason. */
  readonly deviations?: Readonly<Record<string, string>>;
}

/**
 * What AWS's documentation says of SQS, as tests of an emulator for any runner. Those that take longer than the
 * harness has patience are left out. A known deviation has to fail: once it passes, its test fails and says so.
 * @throws TypeError for a deviation from a check that there is not, or without a reason.
 */
export function sqsEmulatorChecks(
  harness: SqsCheckHarness,
  { deviations = {} }: SqsCheckOptions = {},
): readonly { readonly name: string; readonly run: () => Promise<void> }[] {
  const reasons = new Map(Object.entries(deviations));
  for (const [name, reason] of reasons) {
    if (!sqsChecks.some((each) => each.name === name))
      throw new TypeError(`expected the name of a check, got '${name}'`);
    if (reason.trim() === '') throw new TypeError(`expected a reason for the deviation '${name}', got none`);
  }
  return sqsChecks
    .filter(({ takesMs = 0 }) => takesMs <= harness.patienceMs)
    .map((check) => ({ name: check.name, run: () => runListed(check, harness, reasons.get(check.name)) }));
}

async function runListed(check: SqsCheck, harness: SqsCheckHarness, reason: string | undefined): Promise<void> {
  if (reason === undefined) return runCheck(check, harness);
  const failed = await runCheck(check, harness).then(
    () => false,
    () => true,
  );
  assert.ok(failed, `'${check.name}' is listed as a deviation (${reason}), but it passes: take it off the list`);
}

async function runCheck(check: SqsCheck, harness: SqsCheckHarness): Promise<void> {
  const { context, end } = createCheckContext(harness);
  try {
    await check.run(context);
  } finally {
    await end();
  }
}
