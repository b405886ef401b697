import { createClient, defineAction, defineHandler, startServer } from 'samovar';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createLab } from '../transports/sqs/lab.js';

test('an answer that SQS does not take, since its escapes make it too large, is told as such at once', async () => {
  const { transport, ended, clock } = createLab();
  const print = defineAction({
    name: 'print',
    summary: 'Answers with characters that are escaped on SQS: three bytes become six.',
    to: 'jobs',
    request: z.object({ count: z.int() }),
    response: z.object({ text: z.string() }),
  });
  const handlePrint = defineHandler(print, { run: ({ count }) => ({ text: '\ufffe'.repeat(count) }) });
  const [worker, caller] = [transport(), transport()];
  const server = await ended(startServer({ transport: worker, address: 'jobs', handlers: [handlePrint], clock }));
  const client = createClient({ transport: caller, clock });
  const startMs = clock.monotonicMs();
  expect((await ended(client.call(print, { count: 100_000 }))).text).toHaveLength(100_000);
  await expect(ended(client.call(print, { count: 300_000 }))).rejects.toMatchObject({
    code: 'internal',
    outcome: 'executed',
    message: expect.stringContaining('larger than the transport takes') as string,
  });
  expect(clock.monotonicMs() - startMs).toBeLessThan(5_000);
  expect(server.health().counters).not.toHaveProperty('undeliverable_replies');
  await ended(client.close());
  await ended(server.stop());
  await ended(Promise.all([caller.close(), worker.close()]));
});
