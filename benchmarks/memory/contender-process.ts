import { createInterface } from 'node:readline';
import { GCProfiler } from 'node:v8';
import { echo, requestOf } from '../echo.js';
import type { Open, OpenOptions } from './in-process.js';

/**
 * One contender, alone in its process, with one caller: nobody's code warms or spoils another's. Is told its module and
 * what that opens; reads `<id> time <ms>` and `<id> count <calls>`, and answers with the id and JSON. Needs --expose-gc.
 */
export interface Timed {
  /** On the clock, for each call. */
  readonly ns: number;
  /** Of the processor, in this whole process, for each call. */
  readonly cpuNs: number;
}

export interface Counted {
  /** Made on the heap by each call, whether it was collected since or not. */
  readonly bytes: number;
  /** For each 100,000 calls. */
  readonly collections: number;
  readonly collectionMs: number;
  /** What is in use when all garbage is gone, before and after. */
  readonly heapBytesBefore: number;
  readonly heapBytesAfter: number;
}

/** Calls between two looks at the clock, which costs too much to ask it for each. */
const batch = 500;
const [module = '', given = '{}'] = process.argv.slice(2);
const { open } = (await import(module)) as { readonly open: Open };
const { request, response } = echo;
const contender = await open({ request, response, ...(JSON.parse(given) as Omit<OpenOptions, keyof typeof echo>) });
const answer = await contender.call(requestOf(7));
if (JSON.stringify(answer) !== '{"n":7}') throw new Error(`expected {"n":7}, got ${JSON.stringify(answer)}`);

let made = 0;
// What it keeps is not to be taken for new by the first collections that are measured.
heapBytes();

async function make(calls: number): Promise<void> {
  for (const end = made + calls; made < end; made++) await contender.call(requestOf(made));
}

async function time(ms: number): Promise<Timed> {
  const first = made;
  const before = process.cpuUsage();
  const startMs = performance.now();
  let tookMs = 0;
  while (tookMs < ms) {
    await make(batch);
    tookMs = performance.now() - startMs;
  }
  const { user, system } = process.cpuUsage(before);
  const calls = made - first;
  return { ns: (tookMs * 1e6) / calls, cpuNs: ((user + system) * 1_000) / calls };
}

async function count(calls: number): Promise<Counted> {
  const heapBytesBefore = heapBytes();
  const { bytes, collections, collectionMs } = await garbageOf(calls);
  const per100k = 100_000 / calls;
  return {
    bytes: bytes / calls,
    collections: collections * per100k,
    collectionMs: collectionMs * per100k,
    heapBytesBefore,
    heapBytesAfter: heapBytes(),
  };
}

/**
 * V8 tells how much is in use before and after each collection: what is made between two of them is the difference. It
 * is counted apart from the time, because that has a price, and in a function of its own, because it leaves garbage.
 */
async function garbageOf(calls: number): Promise<Pick<Counted, 'bytes' | 'collections' | 'collectionMs'>> {
  const profiler = new GCProfiler();
  let bytes = -process.memoryUsage().heapUsed;
  profiler.start();
  await make(calls);
  bytes += process.memoryUsage().heapUsed;
  const { statistics } = profiler.stop();
  let collectionUs = 0;
  for (const { beforeGC, afterGC, cost } of statistics) {
    bytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize;
    collectionUs += cost;
  }
  return { bytes, collections: statistics.length, collectionMs: collectionUs / 1_000 };
}

function heapBytes(): number {
  if (!globalThis.gc) throw new Error('expected --expose-gc among the options of Node');
  // What the first one finalizes, the second one frees.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const [id, what, amount] = line.split(' ');
  const asked = what === 'time' ? time(Number(amount)) : count(Number(amount));
  void asked.then((result) => process.stdout.write(`${id} ${JSON.stringify(result)}\n`));
});
process.stdout.write('ready\n');
