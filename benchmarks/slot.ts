import type { Opened } from './contender.js';
import { cores, machineCpuUs, processCpuUs } from './machine.js';
import type { Run, RunOptions } from './run-calls.js';

/** One contender for a while, and what that took of whom. */
export interface Slot {
  readonly callsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Processor time per call, in microseconds. */
  readonly callerCpuUs: number;
  readonly workerCpuUs: number;
  /** NaN where its broker is no process of this machine. */
  readonly brokerCpuUs: number;
  readonly callerRssBytes: number;
  readonly workerRssBytes: number;
  /** The share of the machine's processors that others have used meanwhile. */
  readonly foreignLoad: number;
}

/** More foreign load than this disturbs. */
export const tolerableLoad = 0.1;

export async function measureSlot({ worker, caller }: Opened, options: RunOptions, brokerPid = 0): Promise<Slot> {
  const before = await look();
  const run: Run = await caller.ask({ command: 'run', ...options });
  const after = await look();

  async function look() {
    const { cpuUs, rssBytes } = await worker.ask({ command: 'cpu' });
    const { user, system } = process.cpuUsage();
    const brokerUs = processCpuUs(brokerPid) ?? NaN;
    return {
      atMs: performance.now(),
      machineUs: machineCpuUs() ?? NaN,
      workerUs: cpuUs,
      brokerUs,
      ownUs: user + system,
      rssBytes,
    };
  }

  const workerUs = after.workerUs - before.workerUs;
  const brokerUs = after.brokerUs - before.brokerUs;
  const knownUs = run.cpuUs + workerUs + (after.ownUs - before.ownUs) + (brokerUs || 0);
  const foreignUs = after.machineUs - before.machineUs - knownUs;
  const haveUs = (after.atMs - before.atMs) * 1_000 * cores;
  return {
    callsPerSecond: (run.calls / run.tookMs) * 1_000,
    p50Us: run.p50Us,
    p99Us: run.p99Us,
    callerCpuUs: run.cpuUs / run.calls,
    workerCpuUs: workerUs / run.calls,
    brokerCpuUs: brokerUs / run.calls,
    callerRssBytes: run.rssBytes,
    workerRssBytes: after.rssBytes,
    foreignLoad: Math.max(0, foreignUs / haveUs) || 0,
  };
}
