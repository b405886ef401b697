import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { runScript } from '../test/support/process.js';
import { startRabbitmq } from '../test/support/rabbitmq.js';

/**
 * Prints calls per second and processor time per call: medians of rounds that take turns, after a warm-up. The ratio is
 * to the first contender of each group. It builds the package and measures that, in processes of their own; the broker
 * is the tests' own, or the one at SAMOVAR_TEST_AMQP_URL, and SQS is the emulator. Last comes how fast a full queue of
 * SQS is worked off, and whether in order, beside peers that are installed for it.
 */
const write = (line: string): void => void process.stdout.write(`${line}\n`);
/** The emulator takes any credentials, and the SDK none that are missing. */
const env = {
  TSX_TSCONFIG_PATH: new URL('tsconfig.json', import.meta.url).pathname,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

function npm(folder: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)('npm', args, { cwd: new URL(folder, import.meta.url) });
}

async function print(file: string, ...args: string[]): Promise<void> {
  const measuring = runScript(new URL(file, import.meta.url), { args, env });
  const { code } = await measuring.exited;
  measuring.lines.forEach(write);
  if (code !== 0)
    throw new Error(`expected to measure ${[file, ...args].join(' ')}, got its end:\n${measuring.stderr}`);
}

await npm('..', 'run', 'build');
await npm('peers', 'ci');
const broker = await startRabbitmq();
try {
  write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
  write('contender             callers    calls/s   ratio  caller µs CPU  worker µs CPU');
  for (const group of ['memory', 'amqp', 'sqs', 'locks', 'pools']) await print('measure.ts', group, broker.url);
  write('contender                     requests/s   ratio  groups');
  await print('sqs.ts');
} finally {
  await broker.close();
}
