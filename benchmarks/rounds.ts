import type { Contender } from './contender.js';

export interface RoundsOptions {
  readonly callers: number;
  readonly warmUpMs: number;
  readonly rounds: number;
  readonly roundMs: number;
}

export interface Measurement {
  readonly callsPerSecond: number;
  /** Processor time of this process per call, in microseconds. */
  readonly callerCpuUs: number;
  readonly workerCpuUs: number | undefined;
}

/** Medians over rounds that take turns, so that what else the machine does hits all contenders alike. */
export async function measure(
  contenders: readonly Contender[],
  { callers, warmUpMs, rounds, roundMs }: RoundsOptions,
): Promise<Map<Contender, Measurement>> {
  const measured = new Map<Contender, Measurement[]>(contenders.map((contender) => [contender, []]));
  for (const contender of contenders) await round(contender, callers, warmUpMs);
  for (let turn = 0; turn < rounds; turn++) {
    for (const [contender, measurements] of measured) measurements.push(await round(contender, callers, roundMs));
  }
  return new Map([...measured].map(([contender, measurements]) => [contender, medianOf(measurements)]));
}

async function round(contender: Contender, callers: number, forMs: number): Promise<Measurement> {
  const workerCpuBefore = await contender.workerCpuUs?.();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + forMs;
  let calls = 0;
  async function caller(): Promise<void> {
    while (performance.now() < endMs) await contender.call(calls++);
  }
  await Promise.all(Array.from({ length: callers }, caller));
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const workerCpuAfter = await contender.workerCpuUs?.();
  return {
    callsPerSecond: (calls / tookMs) * 1_000,
    callerCpuUs: (user + system) / calls,
    workerCpuUs:
      workerCpuBefore === undefined || workerCpuAfter === undefined
        ? undefined
        : (workerCpuAfter - workerCpuBefore) / calls,
  };
}

export function medianOf(measurements: readonly Measurement[]): Measurement {
  const workers = measurements.flatMap(({ workerCpuUs }) => workerCpuUs ?? []);
  return {
    callsPerSecond: median(measurements.map(({ callsPerSecond }) => callsPerSecond)),
    callerCpuUs: median(measurements.map(({ callerCpuUs }) => callerCpuUs)),
    workerCpuUs: workers.length === 0 ? undefined : median(workers),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
