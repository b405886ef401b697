/** A process of its own that holds locks, as it is told on standard input, and says what becomes of them. */
import { createInterface } from 'node:readline';
import { exclusive } from '../../src/stores/lock.js';
import { createRedisLockProvider } from '../../src/stores/redis/lock.js';
import { openEffects } from '../support/effects.js';

const [url = '', effectsPath = '', leaseMs = ''] = process.argv.slice(2);
const locks = createRedisLockProvider({ url, leaseMs: Number(leaseMs) });
const effects = openEffects(effectsPath);
const wish = { signal: new AbortController().signal, owner: `process ${process.pid}`, ancestors: [] };
let end: () => void = () => undefined;

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', name = '', times = '1'] = line.split(' ');
  if (command === 'hold') void holdUntilEnd(name);
  if (command === 'end') end();
  if (command === 'repeat') void repeat(name, Number(times));
  if (command === 'close') break;
}
await locks.close();
// An open pipe would keep the process alive.
process.stdin.destroy();

async function holdUntilEnd(name: string): Promise<void> {
  await locks.hold([exclusive(name)], wish, async ({ signal, fence }) => {
    signal?.addEventListener('abort', () => console.log('lost'));
    const ended = new Promise<void>((resolve) => (end = resolve));
    console.log(`held ${fence}`);
    await ended;
  });
  console.log('over');
}

async function repeat(name: string, times: number): Promise<void> {
  await Promise.all(
    Array.from({ length: times }, (_, nth) =>
      locks.hold([exclusive(name)], wish, async ({ fence }) => {
        const run = `${process.pid} ${nth} ${fence}`;
        effects.start(name, run);
        await new Promise((resolve) => setImmediate(resolve));
        effects.finish(name, run);
      }),
    ),
  );
  console.log('repeated');
}
