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
  const pending = new Map<string, Pending>();
  await channel.consume(replyTo, (message) => {
    if (!message) return;
    endOf(pending, message.properties.correlationId as string)?.resolve(
      echo.response.parse(JSON.parse(message.content.toString())),
    );
    channel.ack(message);
  });
  return {
    call: (n) =>
      new Promise((resolve, reject) => {
        const given = properties();
        const id = given.messageId;
        const timer = setTimeout(() => endOf(pending, id)?.reject(new Error('timeout')), timeoutMs);
        pending.set(id, { resolve, reject, timer });
        const body = bodyOf(echo.request.parse(requestOf(n, text)));
        const headers = { deadline: `${Date.now() + timeoutMs}` };
        const sent = { ...given, replyTo, correlationId: id, headers, expiration: `${timeoutMs}` };
        channel.publish(exchange, queue, body, sent, (error: Error | null) => {
          if (error) endOf(pending, id)?.reject(error);
        });
      }),
    close,
  };
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

function endOf(pending: Map<string, Pending>, id: string): Pending | undefined {
  const call = pending.get(id);
  pending.delete(id);
  clearTimeout(call?.timer);
  return call;
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
