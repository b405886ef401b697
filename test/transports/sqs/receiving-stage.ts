import type { Consumer, Delivery, Disposition, Inbox, Message } from '../../../src/core/transport.js';
import type { SqsEmulatorOptions } from '../../../src/testing/index.js';
import { startConsumer } from '../../../transports/sqs/consumer.js';
import { createCounters } from '../../../transports/sqs/counters.js';
import { startInbox } from '../../../transports/sqs/inbox.js';
import { namesOf } from '../../../transports/sqs/names.js';
import { sqsSettings, type SqsTransportOptions } from '../../../transports/sqs/options.js';
import type { SqsParts } from '../../../transports/sqs/parts.js';
import { createQueues } from '../../../transports/sqs/queues.js';
import { createSdkApi } from '../../../transports/sqs/sdk-api.js';
import { createSetAside } from '../../../transports/sqs/set-aside.js';
import { encode } from '../../../transports/sqs/wire.js';
import { createVirtualSqs, type VirtualSqs } from './virtual-sqs.js';

export { createGate, type Gate } from '../../../src/testing/conformance/context.js';

export const ack: Disposition = { kind: 'ack' };

/** One SQS in virtual time, and the receiving half of transports on it. */
export interface ReceivingStage extends Omit<VirtualSqs, 'random'> {
  readonly process: (options?: SqsTransportOptions) => StageProcess;
  /** The queue of an address as SQS sees it: `visible` and `inFlight` messages. */
  readonly depth: (address: string) => Promise<{ visible: number; inFlight: number }>;
}

/** The receiving parts of one process, as its transport puts them together. */
export interface StageProcess {
  readonly parts: SqsParts;
  readonly problems: ReadonlyMap<string, string>;
  readonly failures: readonly string[];
  readonly send: (address: string, message: Partial<Message> & { readonly id: string }) => Promise<void>;
  readonly consume: (address: string, options: Partial<StageConsumer>) => Promise<StageConsumer & Consumer>;
  readonly openInbox: (receive: (message: Message, nth: number) => void | Promise<void>) => Promise<StageInbox>;
  /** Sends a reply to an inbox, to `count` of them under their numbers. */
  readonly reply: (inbox: string, count?: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface StageInbox extends Inbox {
  readonly got: readonly Message[];
  /** How often replies on their way were lost. */
  readonly losses: () => number;
}

export interface StageConsumer {
  readonly intake: number;
  readonly actions: readonly string[];
  readonly seen: readonly Delivery[];
  readonly ids: () => string[];
  readonly receive: (delivery: Delivery, nth: number) => Promise<Disposition> | Disposition;
}

export function createReceivingStage(options: SqsEmulatorOptions = {}): ReceivingStage {
  const { clock, random, emulator, until, ended } = createVirtualSqs(7, options);
  const { endpoint, region, requestHandler } = emulator;

  function createProcess(processOptions: SqsTransportOptions = {}): StageProcess {
    const settings = sqsSettings({ clock, random, endpoint, region, requestHandler, ...processOptions });
    const closing = new AbortController();
    const api = createSdkApi(settings);
    const names = namesOf(settings);
    const queues = createQueues({ settings, api, names, closing: closing.signal });
    const problems = new Map<string, string>();
    const failures: string[] = [];
    const consumers: Consumer[] = [];
    const parts: SqsParts = {
      ...{ settings, api, names, queues, counters: createCounters(), closing: closing.signal },
      rules: { maxBodyBytes: settings.maxBodyBytes, believes: new Set(), isInbox: (name) => names.isInbox(name) },
      availability: { hasAnswered: true, ok: () => undefined, failed: (error) => void failures.push(error.kind) },
      setProblem(about, problem) {
        if (problem === undefined) problems.delete(about);
        else problems.set(about, problem);
      },
      setAside: createSetAside({ settings, api, queues }),
    };
    return {
      parts,
      problems,
      failures,
      async send(address, { id, ...fields }) {
        const message: Message = { id, action: 'work', body: '{}', headers: {}, groupKey: id, ...fields };
        const [outcome] = await api.sendBatch(await queues.address(address), [encode(message, address)]);
        if (outcome?.ok === false) throw outcome.error;
      },
      async consume(address, { intake = 10, actions = ['work'], receive = () => ack }) {
        const seen: Delivery[] = [];
        const consumer = await startConsumer(parts, address, { intake, actions }, async (delivery) => {
          seen.push(delivery);
          return receive(delivery, seen.length);
        });
        consumers.push(consumer);
        return { ...consumer, intake, actions, receive, seen, ids: () => seen.map(({ message }) => message.id) };
      },
      async openInbox(receive) {
        const got: Message[] = [];
        let losses = 0;
        const inbox = await startInbox(parts, {
          receive(message) {
            got.push(message);
            return receive(message, got.length);
          },
          lost: () => void (losses += 1),
        });
        return {
          got,
          losses: () => losses,
          get address() {
            return inbox.address;
          },
          close: () => inbox.close(),
        };
      },
      async reply(inbox, count = 1) {
        const url = (await queues.find(inbox)) ?? '';
        for (let from = 0; from < count; from += 10) {
          const ids = Array.from({ length: Math.min(10, count - from) }, (_, index) => `r${from + index + 1}`);
          await api.sendBatch(
            url,
            ids.map((id) => encode({ id, body: '{}', headers: {}, correlationId: id }, undefined)),
          );
        }
      },
      async close() {
        closing.abort();
        await ended(Promise.all(consumers.map((consumer) => consumer.stop())));
        api.close();
      },
    };
  }

  const observer = createProcess();

  return {
    clock,
    emulator,
    process: createProcess,
    async depth(address) {
      const { api, queues } = observer.parts;
      const attributes = await api.queueAttributes(await queues.address(address));
      return {
        visible: Number(attributes['ApproximateNumberOfMessages']),
        inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
      };
    },
    until,
    ended,
  };
}
