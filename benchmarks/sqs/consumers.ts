import type { Message, SQS } from '@aws-sdk/client-sqs';
import { defineHandler, startServer } from 'samovar';
import { createSqsTransport } from 'samovar/sqs';
import { echo } from '../echo.js';

export interface Queue {
  readonly url: string;
  readonly address: string;
}

export interface Seen {
  /** At the start of each message. */
  readonly begun: (n: number) => void;
  /** Once it is handled. */
  readonly done: (n: number) => void;
}

/** One way to work off a queue. */
export interface QueueConsumer {
  readonly name: string;
  /** Begins; resolves to what ends it. */
  readonly consume: (queue: Queue, seen: Seen) => Promise<() => Promise<unknown>>;
}

interface SqsConsumerPeer {
  readonly consume: (options: object) => () => void;
}

/** Without types, and installed for this alone. */
const sqsConsumer = new URL('../peers/sqs-consumer.mjs', import.meta.url);

export function queueConsumers(sqs: SQS, endpoint: string): readonly QueueConsumer[] {
  return [
    {
      // Receives ten, handles and deletes one after the other.
      name: 'a loop by hand on the SDK',
      async consume({ url: QueueUrl }, { begun, done }) {
        let isOver = false;
        const looping = (async () => {
          while (!isOver) {
            const { Messages = [] } = await sqs.receiveMessage({
              ...{ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 },
            });
            for (const message of Messages) {
              const n = await handled(message, begun);
              await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
              done(n);
            }
          }
        })();
        return () => ((isOver = true), looping);
      },
    },
    {
      name: 'sqs-consumer 14, in batches',
      async consume({ url: queueUrl }, { begun, done }) {
        const peer = (await import(sqsConsumer.href)) as SqsConsumerPeer;
        const stop = peer.consume({ queueUrl, sqs, handle: (message: Message) => handled(message, begun).then(done) });
        return async () => stop();
      },
    },
    {
      name: 'Samovar',
      async consume({ address }, { begun, done }) {
        const transport = createSqsTransport({ endpoint, pollMs: 1_000 });
        const handler = defineHandler(echo, {
          async run({ n }) {
            begun(n);
            await Promise.resolve();
            done(n);
            return { n };
          },
        });
        const server = await startServer({ transport, address, handlers: [handler], concurrency: 16 });
        return () => server.stop().then(() => transport.close());
      },
    },
  ];
}

async function handled({ Body = '' }: Message, begun: (n: number) => void): Promise<number> {
  const { n } = echo.request.parse(JSON.parse(Body));
  begun(n);
  await Promise.resolve();
  return n;
}
