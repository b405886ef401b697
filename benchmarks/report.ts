import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { renderChart } from './chart.js';
import { farOff } from './far-off.js';
import type { Table } from './group.js';
import { groups } from './groups.js';
import { machineClass } from './machine.js';
import { build, installPeers, isStale } from './package-under-test.js';
import { createProgress } from './progress.js';
import { chartFile, renderPage, renderTable } from './render.js';
import { readResults, toJson, writeResults, type GroupResult } from './results.js';
import { runGroups } from './run-groups.js';

/**
 * `npm run bench`: measures all groups, or those of `--group`, prints their tables, keeps them in results.json, and
 * writes docs/benchmarks.md and its charts from that. With `--quick` a few of them, shortly: fails where a ratio is less
 * than half of the recorded one, and records nothing but .tmp/bench-quick.json.
 */
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    group: { type: 'string', multiple: true },
    seed: { type: 'string', default: `${1 + Math.floor(Math.random() * 9_999)}` },
  },
});
const { quick } = values;
const seed = Number(values.seed);
const names = values.group ?? Object.keys(groups).filter((name) => !quick || groups[name]?.quick);
const unknown = names.find((name) => !groups[name]);
if (unknown !== undefined || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `expected --group ${Object.keys(groups).join('|')} and --seed <integer>, got ${unknown ?? values.seed}\n`,
  );
  process.exit(64);
}
if (!import.meta.resolve('samovar').includes('/dist/')) {
  process.stderr.write('expected samovar to be the built package, got its sources; start it with npm run bench\n');
  process.exit(64);
}

const progress = createProgress(process.stderr);
write(`Node ${process.version}, ${machineClass}, seed ${seed}`);
write(names.map((name) => (quick ? name : `${name} (${groups[name]?.takes})`)).join(', '));
if (!quick || (await isStale())) {
  progress.say('builds the package');
  await build();
}
if (!quick) {
  progress.say('installs the peers');
  await installPeers();
}

const recorded = await readResults();
const measured: Record<string, GroupResult> = {};
const failures: string[] = [];
await runGroups({
  ...{ names, seed, quick, say: (line) => progress.say(line) },
  async onResult(name, result) {
    progress.clear();
    for (const table of result.tables) write(`\n${renderTable(table)}`);
    measured[name] = result;
    if (quick) failures.push(...farOff(result.tables, recorded[name]?.tables ?? []));
    else await keep();
  },
  onError(name, error) {
    progress.clear();
    failures.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  },
});
if (quick) {
  await mkdir('.tmp', { recursive: true });
  await writeFile('.tmp/bench-quick.json', toJson(measured));
}
for (const failure of failures) process.stderr.write(`${failure}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** In the order of the groups, with what earlier runs have found of the others. */
async function keep(): Promise<void> {
  const all = { ...recorded, ...measured };
  const results = Object.fromEntries(Object.keys(groups).flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
  await writeResults(results);
  const docs = new URL('../docs/', import.meta.url);
  await mkdir(docs, { recursive: true });
  await writeFile(new URL('benchmarks.md', docs), renderPage(results));
  const charted = Object.values(results).flatMap(({ tables }): Table[] => tables.filter(({ chart }) => chart));
  for (const table of charted) await writeFile(new URL(chartFile(table.chart?.file ?? ''), docs), renderChart(table));
}
