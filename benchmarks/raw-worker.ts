import amqp from 'amqplib';
import { answerCpu } from './answer-cpu.js';

/** What somebody writes by hand on amqplib: prefetch 128, answer, then ack. */
const [url = ''] = process.argv.slice(2);
const connection = await amqp.connect(url, { noDelay: true });
const channel = await connection.createChannel();
await channel.assertQueue('bench-raw', { durable: true });
await channel.prefetch(128);
await channel.consume('bench-raw', (message) => {
  if (!message) return;
  const { n } = JSON.parse(message.content.toString()) as { n: number };
  const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
  channel.sendToQueue(replyTo, Buffer.from(JSON.stringify({ n })), { correlationId });
  channel.ack(message);
});
process.once('SIGTERM', () => void connection.close().then(() => process.exit()));
answerCpu();
