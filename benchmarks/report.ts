import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { runScript } from '../test/support/process.js';
import { startRabbitmq } from '../test/support/rabbitmq.js';

/**
 * Prints calls per second and processor time per call: medians of rounds that take turns, after a warm-up. The ratio is
 * to the first contender of each group. It builds the package and measures that, in processes of their own; the broker
 * is the tests' own, or the one at SAMOVAR_TEST_AMQP_URL.
 */
const write = (line: string): void => void process.stdout.write(`${line}\n`);
const settings = new URL('tsconfig.json', import.meta.url).pathname;

await promisify(execFile)('npm', ['run', 'build'], { cwd: new URL('..', import.meta.url) });
const broker = await startRabbitmq();
try {
  write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
  write('contender             callers    calls/s   ratio  caller µs CPU  worker µs CPU');
  for (const group of ['memory', 'amqp', 'locks', 'pools']) {
    const measuring = runScript(new URL('measure.ts', import.meta.url), {
      args: [group, broker.url],
      env: { TSX_TSCONFIG_PATH: settings },
    });
    const { code } = await measuring.exited;
    measuring.lines.forEach(write);
    if (code !== 0) throw new Error(`expected to measure ${group}, got its end:\n${measuring.stderr}`);
  }
} finally {
  await broker.close();
}
