import type { MeasureGroup, Table } from '../group.js';
import { median, ratiosOf } from '../statistics.js';
import { withProcesses } from './start-contenders.js';
import { cpuNsOf, timeInTurns } from './time-in-turns.js';

/** The first one is Samovar. A quick run has no peers installed. */
const contenders = [
  { name: 'Samovar on memory', module: 'samovar.ts', quick: true },
  { name: 'oRPC call', module: '../peers/in-process-orpc.mjs', quick: false },
  { name: 'tRPC caller', module: '../peers/in-process-trpc.mjs', quick: false },
  { name: 'Moleculer local call', module: '../peers/in-process-moleculer.mjs', quick: false },
  { name: 'plain zod', module: 'plain-zod.ts', quick: true },
];

/** What a call costs when both sides are in one process: time, garbage, and what it leaves behind. */
export const measureMemory: MeasureGroup = async ({ seed, quick, write }) => {
  const taking = contenders.filter((contender) => contender.quick || !quick);
  const started = taking.map(({ module }) => ({ module: new URL(module, import.meta.url), variant: '', size: 0 }));
  const calls = quick ? 100_000 : 1_000_000;
  return withProcesses(started, async (processes) => {
    write('calls within one process');
    const timed = await timeInTurns(processes, { seed, quick });
    const firsts = cpuNsOf(timed[0] ?? []);
    const rows: Table['rows'][number][] = [];
    for (const [index, each] of timed.entries()) {
      const name = taking[index]?.name ?? '';
      write(`garbage of ${name}`);
      const counted = await processes[index]?.count(100_000);
      const { bytes = NaN, collections = NaN, collectionMs = NaN } = counted ?? {};
      const cpuNs = cpuNsOf(each);
      const ratio = ratiosOf(cpuNs, firsts);
      const times = [median(each.map(({ ns }) => ns)), median(cpuNs)];
      rows.push([name, ...times, ratio.median, ratio.min, ratio.max, bytes, collections, collectionMs]);
    }
    write(`what ${calls.toLocaleString('en')} calls leave behind`);
    const heap = await processes[0]?.count(calls);
    const { heapBytesBefore = NaN, heapBytesAfter = NaN } = heap ?? {};
    return [
      {
        title: 'In one process, one caller',
        note: 'The ratio is the processor time of a call to that of Samovar’s, round by round: above 1, Samovar is faster. Samovar checks request and response on both sides, and passes JSON through a queue, with a deadline. oRPC, tRPC and plain zod check each once, with the same schemas; Moleculer checks the request alone, with its own validator.',
        columns: [
          ...['', 'ns per call', 'ns CPU', 'ratio', 'ratio min', 'ratio max'],
          ...['bytes per call', 'collections per 100,000 calls', 'ms for these'],
        ],
        rows,
        chart: { file: 'in-process', column: 'ns per call' },
      },
      {
        title: 'What many calls leave behind',
        columns: ['', 'calls', 'heap before, bytes', 'heap after, bytes', 'bytes per call'],
        rows: [
          [taking[0]?.name ?? '', calls, heapBytesBefore, heapBytesAfter, (heapBytesAfter - heapBytesBefore) / calls],
        ],
      },
    ];
  });
};
