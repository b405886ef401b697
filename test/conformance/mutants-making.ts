import type {
  ConsumeOptions,
  Delivery,
  Disposition,
  Message,
  Receive,
  Transport,
  TransportTraits,
} from '../../src/core/transport.js';
import type { TransportHarness } from '../../src/testing/index.js';
import { createMemoryHarness } from './memory-harness.js';

/** A memory transport with one fault, and the conformance cases that have to notice it. */
export interface Mutant {
  readonly name: string;
  readonly caughtBy: readonly string[];
  readonly harness: () => TransportHarness;
}

export const ack: Disposition = { kind: 'ack' };

/** The same transport but for some of its methods. */
export function changed(transport: Transport, changes: Partial<Transport>): Transport {
  return {
    name: transport.name,
    traits: transport.traits,
    get status() {
      return transport.status;
    },
    send: (...sending) => transport.send(...sending),
    consume: (...consuming) => transport.consume(...consuming),
    openInbox: (on) => transport.openInbox(on),
    health: () => transport.health(),
    close: () => transport.close(),
    ...changes,
  };
}

export function onTransport(
  change: (transport: Transport) => Partial<Transport>,
  harnessOf: () => TransportHarness = createMemoryHarness,
): () => TransportHarness {
  return () => {
    const harness = harnessOf();
    return {
      ...harness,
      async connect(options) {
        const transport = await harness.connect(options);
        return changed(transport, change(transport));
      },
    };
  };
}

export const onSent = (change: (message: Message) => Message): (() => TransportHarness) =>
  onTransport((transport) => ({
    send: (address, message, options) => transport.send(address, change(message), options),
  }));

export const onConsume = (change: (options: ConsumeOptions) => ConsumeOptions): (() => TransportHarness) =>
  onTransport((transport) => ({
    consume: (address, options, receive) => transport.consume(address, change(options), receive),
  }));

export const onReceive = (change: (receive: Receive) => Receive): (() => TransportHarness) =>
  onTransport((transport) => ({
    consume: (address, options, receive) => transport.consume(address, options, change(receive)),
  }));

export const onDelivery = (change: (delivery: Delivery) => Delivery): (() => TransportHarness) =>
  onReceive((receive) => (delivery) => receive(change(delivery)));

export const onDisposition = (change: (disposition: Disposition) => Disposition): (() => TransportHarness) =>
  onReceive((receive) => async (delivery) => change(await receive(delivery)));

/** A broker of other traits than it says it has. */
export function lying(parts: {
  says?: Partial<TransportTraits>;
  is?: Partial<TransportTraits>;
}): () => TransportHarness {
  return () => {
    const { traits } = createMemoryHarness({ traits: parts.says ?? {} });
    return { ...createMemoryHarness({ traits: parts.is ?? {} }), traits };
  };
}

export function without(message: Message, field: keyof Message): Message {
  const { [field]: _, ...rest } = message;
  return rest as Message;
}

/** Some turns of the event loop later. */
export const inTurns = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
