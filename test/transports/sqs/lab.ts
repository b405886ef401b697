import type { Message } from '../../../src/core/transport.js';
import type { SqsEmulatorOptions } from '../../../src/testing/index.js';
import type { ReceivedMessage, SqsApi } from '../../../transports/sqs/api.js';
import { createSqsTransport, type SqsTransport, type SqsTransportOptions } from '../../../transports/sqs/index.js';
import { sqsSettings } from '../../../transports/sqs/options.js';
import { createSdkApi } from '../../../transports/sqs/sdk-api.js';
import { createVirtualSqs, type VirtualSqs } from './virtual-sqs.js';

/** One SQS in virtual time, and whole transports on it. */
export interface Lab extends Omit<VirtualSqs, 'random'> {
  /** Of somebody else, who looks at the queues. */
  readonly api: SqsApi;
  /** What every transport of this lab is made with. */
  readonly options: SqsTransportOptions;
  readonly transport: (options?: SqsTransportOptions) => SqsTransport;
  /** Creates the queues of an address, as its worker does. */
  readonly addressed: (address: string) => Promise<string>;
  /** What waits in a queue, in order; it is deleted, so that what is behind it comes too. */
  readonly drain: (queue: string) => Promise<ReceivedMessage[]>;
  /** How many calls of that action there were. */
  readonly calls: (action: string, queue?: string) => number;
}

export function createLab(emulatorOptions: SqsEmulatorOptions = {}): Lab {
  const { clock, random, emulator, until, ended } = createVirtualSqs(11, emulatorOptions);
  const { endpoint, region, requestHandler } = emulator;
  const options: SqsTransportOptions = { clock, random, endpoint, region, requestHandler, pollMs: 1_000 };
  const api = createSdkApi(sqsSettings(options));

  return {
    ...{ clock, emulator, api, options, until, ended },
    transport: (more = {}) => createSqsTransport({ ...options, ...more }),
    async addressed(address) {
      const transport = createSqsTransport(options);
      const consumer = await ended(
        transport.consume(address, { actions: [], intake: 1 }, async () => ({ kind: 'return' })),
      );
      await ended(consumer.stop());
      await ended(transport.close());
      return (await api.queueUrl(`samovar-${address}.fifo`)) ?? '';
    },
    async drain(queue) {
      const url = (await api.queueUrl(queue)) ?? '';
      const all: ReceivedMessage[] = [];
      for (;;) {
        const got = await api.receive(url, { max: 10, waitMs: 0, visibilityMs: 30_000 });
        if (got.length === 0) return all;
        all.push(...got);
        await api.deleteBatch(
          url,
          got.map(({ receipt }) => receipt),
        );
      }
    },
    calls: (action, queue) =>
      emulator.calls.filter((call) => call.action === action && (queue === undefined || call.queue === queue)).length,
  };
}

let lastId = 0;

/** A request in a group of its own. */
export function request(fields: Partial<Message> = {}): Message {
  const id = `m${(lastId += 1)}`;
  return { id, action: 'work', body: '{}', headers: {}, groupKey: id, ...fields };
}
