import { cpus } from 'node:os';
import { startRabbitmq } from '../test/support/rabbitmq.js';
import { openAmqp } from './amqp.js';
import type { Contender } from './contender.js';
import { openMemory } from './memory.js';
import { openRaw } from './raw.js';
import { measure } from './rounds.js';

/**
 * Prints calls per second and processor time per call: medians of interleaved rounds after a warm-up. The ratio is to
 * the first contender of each group. The broker is the tests' own, or the one at SAMOVAR_TEST_AMQP_URL.
 */
const timing = { warmUpMs: 2_000, rounds: 7, roundMs: 1_000 };
const write = (line: string): void => void process.stdout.write(`${line}\n`);

async function report(contenders: readonly Contender[]): Promise<void> {
  try {
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
        write(columns.join('  '));
      }
    }
  } finally {
    for (const contender of contenders) await contender.close();
  }
}

write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
write('contender             callers    calls/s   ratio  caller µs CPU  worker µs CPU');
await report([await openMemory()]);
const broker = await startRabbitmq();
try {
  await report([await openRaw(broker.url), await openAmqp(broker.url)]);
} finally {
  await broker.close();
}
