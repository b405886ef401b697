import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createAmqpTransport } from '../../../transports/amqp/index.js';
import { defineHandler, startServer, systemClock, type Logger } from '../../../src/index.js';
import { openEffects } from '../../support/effects.js';
import { work } from './actions.js';
import type { WorkerReport, WorkerSettings } from './start-worker.js';

const {
  effects: path,
  url,
  heartbeatMs,
  ending = 'obeys',
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

const handler = defineHandler(work, {
  async run({ subject, ms, holds, tags }, { signal, messageId, redelivered, attempt }) {
    const run = randomUUID();
    starts++;
    effects?.start(subject, run);
    // What hostile JSON would do to a careless handler.
    const merged: object = Object.assign({}, tags);
    if (Object.getPrototypeOf(merged) !== Object.prototype) throw new Error('a request brought a prototype along');
    if (holds && settings.holds !== false) {
      say(`started ${subject} ${messageId}`);
      await Promise.race([going, aborted(subject, signal)]);
    }
    if (ms > 0) await new Promise<void>((resolve) => void systemClock.after(ms, resolve));
    effects?.finish(subject, run);
    return { pid: process.pid, redelivered, attempt };
  },
});

function aborted(subject: string, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      say(`aborted ${subject}`);
      if (ending === 'obeys') reject(signal.reason as Error);
    });
  });
}

const server = await startServer({ ...settings, transport, handlers: [handler], log });
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
  await transport.close();
  process.exitCode = unfinished.length > 0 ? 1 : 0;
}
process.on('SIGTERM', () => {
  end().catch((error: unknown) => {
    tell({ error: String(error) }, 'stopping failed');
    process.exitCode = 2;
  });
});
say('ready');
