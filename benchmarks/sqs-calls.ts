import { createClient } from 'samovar';
import { createSqsTransport } from 'samovar/sqs';
import { runScript } from '../test/support/process.js';
import type { Contender } from './contender.js';
import { echo, requestOf } from './echo.js';
import { startWorkerProcess } from './worker-process.js';

/** Samovar over SQS with its defaults, on the emulator in a process of its own; each call is in a group of its own. */
export async function openSqs(): Promise<Contender> {
  const emulator = runScript(new URL('sqs-emulator.ts', import.meta.url));
  const endpoint = (await emulator.waitForLine('at ')).slice(3);
  const worker = await startWorkerProcess('sqs-worker.ts', endpoint);
  const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
  const client = createClient({ transport });
  return {
    name: 'samovar, sqs',
    call: (n) => client.call(echo, requestOf(n), { to: 'bench', groupKey: String(n) }),
    workerCpuUs: () => worker.cpuUs(),
    async close() {
      await client.close();
      await transport.close();
      await worker.stop();
      emulator.kill('SIGTERM');
      await emulator.exited;
    },
  };
}
