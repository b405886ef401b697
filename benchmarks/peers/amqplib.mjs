import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import amqp from 'amqplib-2';
import { answered } from './answered.mjs';

/**
 * amqplib as documented: the RPC of RabbitMQ's sixth tutorial for JavaScript, which is amqplib's own
 * examples/tutorials/rpc_server.js and rpc_client.js: prefetch(1), the answer and then the ack, an exclusive callback
 * queue, Nagle's delay. Only that the callback queue serves more than one call.
 */
const queue = 'bench-amqplib';

export async function serve({ url }) {
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  await channel.assertQueue(queue, { durable: false });
  await channel.prefetch(1);
  await channel.consume(queue, (message) => {
    const { n } = JSON.parse(message.content.toString());
    const { replyTo, correlationId } = message.properties;
    channel.sendToQueue(replyTo, Buffer.from(JSON.stringify({ n })), { correlationId });
    channel.ack(message);
  });
  return () => connection.close();
}

export async function connect({ url, text }) {
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
  const waiting = new Map();
  await channel.consume(
    replyTo,
    ({ properties: { correlationId }, content }) => {
      waiting.get(correlationId)?.(JSON.parse(content.toString()));
      waiting.delete(correlationId);
    },
    { noAck: true },
  );
  return {
    async call(n) {
      const correlationId = randomUUID();
      const body = Buffer.from(JSON.stringify({ n, text }));
      const answer = new Promise((resolve) => waiting.set(correlationId, resolve));
      channel.sendToQueue(queue, body, { correlationId, replyTo });
      return answered(n, await answer);
    },
    close: () => connection.close(),
  };
}
