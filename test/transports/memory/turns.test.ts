import { expect, test } from 'vitest';
import { createMemoryTransport } from '../../../transports/memory/index.js';
import { collect, request } from './harness.js';

const enough = 100_000;
const acked = () => Promise.resolve({ kind: 'ack' } as const);

test('timers and sockets have their turn, however busy the broker is', async () => {
  const transport = createMemoryTransport();
  let sent = 0;
  let hadTheirTurn = false;
  const busy = (): Promise<void> => {
    // Where nothing else has its turn, no test ends by its time.
    if (sent >= enough) throw new Error('the event loop was starved');
    return transport.send('n', request(String(sent++)));
  };
  await transport.consume('n', { actions: ['a'], intake: 1 }, async () => {
    if (!hadTheirTurn) await busy();
    return acked();
  });
  await busy();
  await new Promise<void>((resolve) => setTimeout(resolve));
  expect(sent).toBeLessThan(enough);
  hadTheirTurn = true;
  await transport.close();
});

test('nothing is handed out before the microtasks of its sender are done', async () => {
  const transport = createMemoryTransport();
  const seen = await collect(transport, 'n', acked);
  async function handedOutAtOnce(): Promise<number> {
    const before = seen.length;
    void transport.send('n', request('x'));
    for (let hop = 0; hop < 20; hop++) await Promise.resolve();
    return seen.length - before;
  }
  for (let nth = 0; nth < 100; nth++) {
    const atOnce = await new Promise((resolve) => setImmediate(() => resolve(handedOutAtOnce())));
    expect(atOnce).toBe(0);
  }
  await expect.poll(() => seen.length).toBe(100);
  await transport.close();
});
