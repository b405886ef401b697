import type { MeasureGroup, Table } from './group.js';
import { withProcesses } from './memory/start-contenders.js';
import { cpuNsOf, timeInTurns } from './memory/time-in-turns.js';
import { median, ratiosOf } from './statistics.js';

const growing = [
  { name: 'calls that wait for their replies', variant: 'pending', least: 10 },
  { name: 'registered actions, ten of them called', variant: 'actions', least: 10 },
  { name: 'other lock keys that are held', variant: 'held', least: 10 },
  { name: 'requests that wait for another lock key', variant: 'waiting', least: 10 },
  { name: 'idempotency keys that are remembered', variant: 'keys', least: 100 },
];
const steps = [1, 10, 100, 1_000];
const module = new URL('growth-worlds.ts', import.meta.url);

/** What one call costs while there is more and more of what it has nothing to do with. */
export const measureGrowth: MeasureGroup = async ({ seed, quick, write }) => {
  const rows: Table['rows'][number][] = [];
  for (const { name, variant, least } of growing) {
    write(`growth: ${name}`);
    const worlds = steps.map((step) => ({ module, variant, size: least * step }));
    const timed = await withProcesses(worlds, (processes) => timeInTurns(processes, { seed, quick }));
    const costs = timed.map(cpuNsOf);
    const ratio = ratiosOf(costs[0] ?? [], costs.at(-1) ?? []);
    rows.push([name, least, ...costs.map(median), ratio.median, ratio.min, ratio.max]);
  }
  return [
    {
      title: 'Growth: processor time of a call in ns, while there is more of something else',
      note: 'The ratio is the speed at × 1,000 to the speed at × 1, round by round: 1 is flat. On memory, both sides in one process, one caller.',
      columns: [
        '',
        '× 1 is',
        ...steps.map((step) => `× ${step.toLocaleString('en')}`),
        'ratio',
        'ratio min',
        'ratio max',
      ],
      rows,
    },
  ];
};
