import amqp from 'amqplib';
import { requestOf } from '../echo.js';
import type { Caller, PeerOptions } from '../peer.js';

/**
 * The yardstick: an RPC written by hand on amqplib, tuned: without Nagle's delay, prefetch 128. It validates nothing,
 * waits for no confirm, knows no timeout, and loses its replies with its connection. 'direct': by direct reply-to;
 * 'queue': by a callback queue of its own.
 */
const queueOf = (variant: string) => `bench-by-hand-${variant}`;

export async function serve({ url, variant }: PeerOptions): Promise<() => Promise<void>> {
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue(queueOf(variant), { durable: true });
  await channel.prefetch(128);
  await channel.consume(queue, (message) => {
    if (!message) return;
    const { n } = JSON.parse(message.content.toString()) as { n: number };
    const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
    channel.sendToQueue(replyTo, Buffer.from(JSON.stringify({ n })), { correlationId });
    channel.ack(message);
  });
  return () => connection.close();
}

export async function connect({ url, variant, text }: PeerOptions): Promise<Caller> {
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const waiting = new Map<string, (answer: unknown) => void>();
  const replyTo =
    variant === 'direct' ? 'amq.rabbitmq.reply-to' : (await channel.assertQueue('', { exclusive: true })).queue;
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
    call: (n) =>
      new Promise((resolve) => {
        const correlationId = String(n);
        waiting.set(correlationId, resolve);
        const body = Buffer.from(JSON.stringify(requestOf(n, text)));
        channel.sendToQueue(queueOf(variant), body, { replyTo, correlationId });
      }),
    close: () => connection.close(),
  };
}
