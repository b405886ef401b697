import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import amqp, { type ConfirmChannel, type Options } from 'amqplib';
import { echo, requestOf } from '../echo.js';
import type { Caller, PeerOptions } from '../peer.js';

/**
 * What Samovar's defaults are made of, by hand on amqplib, and nothing else: schemas checked on both sides, both messages
 * confirmed and mandatory, a deadline with its timer, a durable inbox, the request acked once its reply is confirmed,
 * and one write for each turn of the event loop.
 */
const exchange = 'bench-pieces';
const queue = 'bench-pieces';
const timeoutMs = 30_000;

export async function serve({ url }: PeerOptions): Promise<() => Promise<void>> {
  const { channel, close } = await open(url);
  await channel.assertExchange(exchange, 'direct', { durable: false });
  await channel.assertQueue(queue, { durable: true });
  await channel.bindQueue(queue, exchange, queue);
  await channel.prefetch(128);
  await channel.consume(queue, (message) => {
    if (!message) return;
    const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
    if (Number(message.properties.headers?.['deadline']) < Date.now()) return channel.ack(message);
    const { n } = echo.request.parse(JSON.parse(message.content.toString()));
    const body = bodyOf(echo.response.parse({ n }));
    channel.publish('', replyTo, body, { ...properties(), correlationId }, (error: unknown) => {
      if (!error) channel.ack(message);
    });
  });
  return close;
}

export async function connect({ url, text }: PeerOptions): Promise<Caller> {
  const { channel, close } = await open(url);
  await channel.assertExchange(exchange, 'direct', { durable: false });
  const replyTo = `bench-pieces-inbox-${randomUUID()}`;
  await channel.assertQueue(replyTo, { durable: true, arguments: { 'x-expires': 300_000 } });
  const waiting = new Map<string, (reply: Buffer) => void>();
  await channel.consume(replyTo, (message) => {
    if (!message) return;
    waiting.get(message.properties.correlationId as string)?.(message.content);
    channel.ack(message);
  });
  return {
    call: (n) =>
      new Promise((resolve, reject) => {
        const given = properties();
        const end = (settle: () => void): void => {
          waiting.delete(given.messageId);
          clearTimeout(timer);
          settle();
        };
        const timer = setTimeout(() => end(() => reject(new Error('timeout'))), timeoutMs);
        waiting.set(given.messageId, (reply) => {
          end(() => resolve(echo.response.parse(JSON.parse(reply.toString()))));
        });
        const body = bodyOf(echo.request.parse(requestOf(n, text)));
        const headers = { deadline: `${Date.now() + timeoutMs}` };
        const sent = { ...given, replyTo, correlationId: given.messageId, headers, expiration: `${timeoutMs}` };
        channel.publish(exchange, queue, body, sent, (error: Error | null) => {
          if (error) end(() => reject(error));
        });
      }),
    close,
  };
}

const properties = () =>
  ({ messageId: randomUUID(), contentType: 'application/json', mandatory: true }) satisfies Options.Publish;

const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

async function open(url: string): Promise<{ channel: ConfirmChannel; close: () => Promise<void> }> {
  const connection = await amqp.connect(url, { noDelay: true });
  const { stream } = connection.connection as unknown as { stream: Duplex };
  const write = stream.write.bind(stream) as (chunk: unknown) => boolean;
  stream.write = (chunk: unknown): boolean => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(chunk);
  };
  return { channel: await connection.createConfirmChannel(), close: () => connection.close() };
}
