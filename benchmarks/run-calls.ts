import { percentile } from './statistics.js';

/** What so many callers have done in a while, each with one call at a time. */
export interface Run {
  readonly calls: number;
  readonly tookMs: number;
  /** Processor time of this process. */
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly rssBytes: number;
}

export interface RunOptions {
  readonly callers: number;
  readonly ms: number;
}

/** @param call one call; it is given a number that it has not had before */
export function createRuns(call: (n: number) => Promise<unknown>): (options: RunOptions) => Promise<Run> {
  let next = 0;
  return async ({ callers, ms }) => {
    const latenciesMs: number[] = [];
    const cpuBefore = process.cpuUsage();
    const startMs = performance.now();
    async function circulate(): Promise<void> {
      for (let begunMs = startMs; begunMs < startMs + ms;) {
        await call(next++);
        const endMs = performance.now();
        latenciesMs.push(endMs - begunMs);
        begunMs = endMs;
      }
    }
    await Promise.all(Array.from({ length: callers }, circulate));
    const tookMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    const sorted = Float64Array.from(latenciesMs).sort();
    return {
      calls: sorted.length,
      tookMs,
      cpuUs: user + system,
      p50Us: percentile(sorted, 0.5) * 1_000,
      p99Us: percentile(sorted, 0.99) * 1_000,
      maxUs: percentile(sorted, 1) * 1_000,
      rssBytes: process.memoryUsage.rss(),
    };
  };
}
