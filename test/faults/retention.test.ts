import { expect, test } from 'vitest';
import { createMemoryIdempotencyStore, defineHandler, startServer } from '../../src/index.js';
import { createMemoryBroker } from '../../transports/memory/index.js';
import { echo } from '../e2e/stage.js';

test('answers that are kept for less long than a broker may hold a request are refused at the start', async () => {
  const broker = createMemoryBroker({ traits: { maxHoldMs: 1_500_000 } });
  const handlers = [defineHandler(echo, { run: ({ word }) => ({ word }) })];
  const start = (remembersMs: number | undefined) =>
    startServer({
      ...{ transport: broker.connect(), address: 'node-1', handlers, lockWaitMs: 60_000, fingerprintKey: 'secret' },
      idempotency: { ...createMemoryIdempotencyStore(), durable: true, ...(remembersMs && { remembersMs }) },
    });
  await expect(start(1_500_000)).rejects.toThrow(/keepMs.*longer than 1500000 ms, got 1500000.*run twice/);
  for (const enough of [1_500_001, undefined]) await (await start(enough)).stop();
});
