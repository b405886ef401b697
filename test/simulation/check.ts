import { inspect } from 'node:util';
import { shortest, type SimulationParts, type SimulationReport, type Violation } from '../../src/testing/index.js';
import { planOf, runModel, type ModelOptions, type PlanEntry } from './model.js';

export interface CheckOptions {
  readonly profile: 'amqp' | 'sqs';
  /** The first seed. */
  readonly from: number;
  readonly runs: number;
  readonly parts?: SimulationParts;
}

export interface CheckResult {
  /** Runs until the first that failed, that one included. */
  readonly runs: number;
  /** The shortest plan that fails in the same way; undefined if none failed. */
  readonly failed: SimulationReport | undefined;
  /** Its story, or nothing. */
  readonly story: string;
}

/** Runs one seed after the other, until one breaks an invariant. */
export async function check({ profile, from, runs, parts }: CheckOptions): Promise<CheckResult> {
  for (let run = 1; run <= runs; run += 1) {
    const options = { seed: from + run - 1, profile, ...(parts && { parts }) };
    const failed = await failureOf(options);
    if (failed) {
      const least = await shortened(options, failed);
      return { runs: run, failed: least, story: least.story() };
    }
  }
  return { runs, failed: undefined, story: '' };
}

/** A rejection that nobody handles is a failure, too; Node tells of it once the event loop turns. */
export async function failureOf(options: ModelOptions): Promise<SimulationReport | undefined> {
  const unhandled: Violation[] = [];
  const note = (reason: unknown): void =>
    void unhandled.push({ invariant: 'INV8', what: `nobody handled ${inspect(reason)}`, atMs: 0, after: 0 });
  process.on('unhandledRejection', note);
  const report = await runModel(options);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  const violations = [...report.violations, ...unhandled];
  return violations.length > 0 ? { ...report, violations } : undefined;
}

async function shortened(options: ModelOptions, failed: SimulationReport): Promise<SimulationReport> {
  const broken = failed.violations[0]?.invariant;
  let least = failed;
  await shortest<PlanEntry>(planOf(options.seed, options.profile, failed), async (plan) => {
    const report = await failureOf({ ...options, plan });
    const fails = report?.violations[0]?.invariant === broken;
    if (report && fails) least = report;
    return fails;
  });
  return least;
}
