import type { Table } from './group.js';
import type { Measured } from './rounds.js';
import { tolerableLoad, type Slot } from './slot.js';
import { median, ratiosOf, spreadOf } from './statistics.js';

const mebibyte = 2 ** 20;

export function titleOf(over: string, callers: number, size: string): string {
  return `${over}, ${callers} ${callers === 1 ? 'caller' : 'callers'}, ${size} requests`;
}

/** One row for each contender. The first one is the baseline of the ratios. */
export function tableOf(title: string, measured: readonly Measured[], more: Partial<Table> = {}): Table {
  const speedsOf = (each: Measured | undefined) => each?.slots.map(({ callsPerSecond }) => callsPerSecond) ?? [];
  const baseline = speedsOf(measured[0]);
  return {
    ...{ title, ...more },
    columns: [
      ...['', 'calls/s', 'min', 'max', 'ratio', 'ratio min', 'ratio max', 'p50 µs', 'p99 µs'],
      ...['caller µs CPU', 'worker µs CPU', 'broker µs CPU', 'caller MiB', 'worker MiB', 'disturbed'],
    ],
    rows: measured.map((each) => {
      const speed = spreadOf(speedsOf(each));
      const ratio = ratiosOf(speedsOf(each), baseline);
      const middle = (of: (slot: Slot) => number) => median(each.slots.map(of));
      return [
        each.name,
        ...[speed.median, speed.min, speed.max, ratio.median, ratio.min, ratio.max],
        ...[
          middle(({ p50Us }) => p50Us),
          middle(({ p99Us }) => p99Us),
          middle(({ callerCpuUs }) => callerCpuUs),
          middle(({ workerCpuUs }) => workerCpuUs),
          middle(({ brokerCpuUs }) => brokerCpuUs),
          middle(({ callerRssBytes }) => callerRssBytes / mebibyte),
          middle(({ workerRssBytes }) => workerRssBytes / mebibyte),
        ],
        each.slots.filter(({ foreignLoad }) => foreignLoad > tolerableLoad).length,
      ];
    }),
  };
}
