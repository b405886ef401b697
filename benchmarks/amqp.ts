import { createClient } from 'samovar';
import { createAmqpTransport } from 'samovar/amqp';
import type { Contender } from './contender.js';
import { echo, requestOf } from './echo.js';
import { startWorkerProcess } from './worker-process.js';

/** Samovar over RabbitMQ with its defaults: validated and confirmed on both sides, durable inbox. */
export async function openAmqp(url: string): Promise<Contender> {
  const worker = await startWorkerProcess('amqp-worker.ts', url);
  const transport = createAmqpTransport({ url });
  const client = createClient({ transport });
  return {
    name: 'samovar, amqp',
    call: (n) => client.call(echo, requestOf(n), { to: 'bench' }),
    workerCpuUs: () => worker.cpuUs(),
    async close() {
      await client.close();
      await transport.close();
      await worker.stop();
    },
  };
}
