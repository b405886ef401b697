import amqp from 'amqplib';
import type { Contender } from './contender.js';
import { requestOf } from './echo.js';
import { startWorkerProcess } from './worker-process.js';

/**
 * The yardstick: an RPC written by hand on amqplib, with direct reply-to and without Nagle's delay. It validates
 * nothing, waits for no confirm, knows no timeout, and loses its replies with its connection.
 */
export async function openRaw(url: string): Promise<Contender> {
  const worker = await startWorkerProcess('raw-worker.ts', url);
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const waiting = new Map<string, (answer: unknown) => void>();
  const replyTo = 'amq.rabbitmq.reply-to';
  await channel.consume(
    replyTo,
    (message) => {
      const correlationId = message?.properties.correlationId as string;
      waiting.get(correlationId)?.(JSON.parse(message?.content.toString() ?? ''));
      waiting.delete(correlationId);
    },
    { noAck: true },
  );
  return {
    name: 'by hand on amqplib',
    call: (n) =>
      new Promise((resolve) => {
        const correlationId = String(n);
        waiting.set(correlationId, resolve);
        channel.sendToQueue('bench-raw', Buffer.from(JSON.stringify(requestOf(n))), { replyTo, correlationId });
      }),
    workerCpuUs: () => worker.cpuUs(),
    async close() {
      await connection.close();
      await worker.stop();
    },
  };
}
