export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is read of vitest's JSON report. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** A file that cannot even be loaded is one failure; so is an exit code that no failing test explains, such as an unhandled rejection. */
export function countVitest(report: VitestReport | undefined, exitCode: number): Counts {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const { status, assertionResults } of report?.testResults ?? []) {
    const failedBefore = failed;
    for (const assertion of assertionResults) {
      if (assertion.status === 'passed') passed++;
      else if (assertion.status === 'failed') failed++;
      else skipped++;
    }
    if (status === 'failed' && failed === failedBefore) failed++;
  }
  if (failed === 0 && (exitCode !== 0 || report === undefined)) failed++;
  return { passed, failed, skipped };
}

/** Adds so many more that were run, of which so many failed. */
export function addFailures(counts: Counts, run: number, failed: number): Counts {
  return { ...counts, passed: counts.passed + run - failed, failed: counts.failed + failed };
}

export function describeCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
