import { openAmqp } from './amqp.js';
import type { Contender } from './contender.js';
import { openMemory } from './memory.js';
import { openRaw } from './raw.js';
import { measure } from './rounds.js';
import { openSqs } from './sqs-calls.js';
import { openLocks, openPools } from './waiters.js';

/** Measures one group of contenders against each other: `measure.ts memory`, `measure.ts amqp amqp://…` */
const timing = { warmUpMs: 2_000, rounds: 7, roundMs: 1_000 };
const [group = '', url = ''] = process.argv.slice(2);
const groups: Readonly<Record<string, () => Promise<readonly Contender[]>>> = {
  memory: async () => [await openMemory()],
  amqp: async () => [await openRaw(url), await openAmqp(url)],
  sqs: async () => [await openSqs()],
  locks: () => openLocks(url),
  pools: () => openPools(url),
};
const contenders = (await groups[group]?.()) ?? [];

for (const callers of [1, 16]) {
  const measured = await measure(contenders, { ...timing, callers });
  const baseline = contenders[0] && measured.get(contenders[0]);
  for (const [{ name }, { callsPerSecond, callerCpuUs, workerCpuUs }] of measured) {
    const ratio = baseline ? callsPerSecond / baseline.callsPerSecond : NaN;
    const columns = [
      name.padEnd(20),
      `${callers}`.padStart(7),
      Math.round(callsPerSecond).toLocaleString('en').padStart(9),
      ratio.toFixed(2).padStart(6),
      callerCpuUs.toFixed(1).padStart(13),
      (workerCpuUs?.toFixed(1) ?? '-').padStart(13),
    ];
    process.stdout.write(`${columns.join('  ')}\n`);
  }
}
for (const contender of contenders) await contender.close();
