/** `many-calls.ts <calls> <samples> [amqp://…]`: caller and worker in this process; writes what is left of all the calls. */
import { getEventListeners } from 'node:events';
import { createClient, defineHandler, startServer, systemClock, type Clock } from '../../src/index.js';
import { createAmqpTransport } from '../../transports/amqp/index.js';
import { createMemoryTransport } from '../../transports/memory/index.js';
import { echo } from '../e2e/stage.js';

/** What is left after a part of the calls, all of which are answered. */
export interface Sample {
  readonly calls: number;
  readonly pending: number;
  readonly inHand: number;
  readonly timers: number;
  readonly listeners: number;
  /** After a full garbage collection. */
  readonly residentBytes: number;
  readonly heapBytes: number;
}

const [count = '', samples = '', url] = process.argv.slice(2);
let timers = 0;
const clock: Clock = {
  ...systemClock,
  after(ms, task) {
    let isArmed = true;
    const end = () => {
      if (isArmed) timers -= 1;
      isArmed = false;
    };
    timers += 1;
    const cancel = systemClock.after(ms, () => {
      end();
      task();
    });
    return () => {
      end();
      cancel();
    };
  },
};
const transport = url === undefined ? createMemoryTransport({ clock }) : createAmqpTransport({ url, clock });
const handler = defineHandler(echo, { run: ({ word }) => ({ word }) });
const server = await startServer({ transport, address: 'node-1', handlers: [handler], clock, concurrency: 64 });
const client = createClient({ transport, clock });
const { signal } = new AbortController();
process.on('warning', (warning) => void process.stderr.write(`${warning}\n`));

let called = 0;
async function callUntil(total: number): Promise<void> {
  while (called < total) {
    called += 1;
    const word = `call-${called}`;
    const answer = await client.call(echo, { word }, { to: 'node-1', signal });
    if (answer.word !== word) throw new Error(`expected ${word}, got ${answer.word}`);
  }
}

for (let nth = 1; nth <= Number(samples); nth++) {
  const total = (nth * Number(count)) / Number(samples);
  await Promise.all(Array.from({ length: 32 }, () => callUntil(total)));
  // An answer comes before its request is settled.
  while (server.health().inFlight > 0) await new Promise(setImmediate);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const sample: Sample = {
    ...{ calls: called, pending: client.health().pending, inHand: server.health().inFlight },
    ...{ timers, listeners: getEventListeners(signal, 'abort').length },
    ...{ residentBytes: rss, heapBytes: heapUsed },
  };
  process.stdout.write(`${JSON.stringify(sample)}\n`);
}
await client.close();
await server.stop();
await transport.close();
process.stdout.write(`${timers} timers in the end\n`);
