import { createInterface } from 'node:readline';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { startServer, type Logger } from '../../../src/index.js';
import { openEffects } from '../../support/effects.js';
import { createFailpoint } from '../../support/failpoint.js';
import { handleWork } from './handle-work.js';
import type { WorkerReport, WorkerSettings } from './start-worker.js';

const {
  effects: path,
  url,
  heartbeatMs,
  holds = true,
  ending = 'obeys',
  killAt,
  redis,
  ...settings
} = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const say = (line: string) => void process.stdout.write(`${line}\n`);
const ignore = () => undefined;
const tell = (fields: object, text: string) => void process.stderr.write(`${JSON.stringify({ text, ...fields })}\n`);
const log: Logger = { debug: ignore, info: ignore, warn: tell, error: tell };

const effects = path === undefined ? undefined : openEffects(path);
const transport = createAmqpTransport({ url, log, ...(heartbeatMs !== undefined && { heartbeatMs }) });
let goOn: () => void = ignore;
const going = new Promise<void>((resolve) => (goOn = resolve));
let starts = 0;

const failpoint = createFailpoint(killAt);
const handler = handleWork({
  ...settings,
  effects,
  going,
  say,
  holds,
  ending,
  failpoint,
  onStart: () => (starts += 1),
});

const stores = redis && (await import('./open-stores.js')).openStores(redis, log);
const server = await startServer({
  ...settings,
  ...stores,
  transport: failpoint.wrap(transport),
  handlers: [handler],
  ...(killAt && { hooks: failpoint.hooks }),
  log,
});
const ownKeys: ReadonlySet<string> = new Set(Reflect.ownKeys(Object.prototype).map(String));

function report(): WorkerReport {
  globalThis.gc?.();
  const { inFlight, running, waiting, counters, transport: carrier } = server.health();
  return {
    ...{ starts, inFlight, running, waiting, counters },
    transportCounters: carrier.counters,
    status: carrier.status,
    heapBytes: process.memoryUsage().heapUsed,
    foreignKeys: Reflect.ownKeys(Object.prototype)
      .map(String)
      .filter((key) => !ownKeys.has(key)),
  };
}

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  if (line === 'go on') goOn();
  else say(`${line}: ${JSON.stringify(report())}`);
});

/** Nothing but what is told here keeps the process alive: it ends by itself, or the library left something open. */
async function end(): Promise<void> {
  const { unfinished } = await server.stop();
  commands.close();
  process.stdin.destroy();
  await Promise.all([transport.close(), stores?.locks.close(), stores?.idempotency.close()]);
  process.exitCode = unfinished.length > 0 ? 1 : 0;
}
process.on('SIGTERM', () => {
  end().catch((error: unknown) => {
    tell({ error: String(error) }, 'stopping failed');
    process.exitCode = 2;
  });
});
say('ready');
