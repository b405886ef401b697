import type { Delivery, Disposition, Message, Transport } from '../../../src/core/transport.js';
import { createManualClock, createSeededRandom, type ManualClock } from '../../../src/testing/index.js';
import { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from '../../../transports/memory/index.js';

export interface Bench {
  readonly clock: ManualClock;
  readonly broker: MemoryBroker;
}

/** A broker whose time stands still. */
export function createBench(options: MemoryBrokerOptions = {}): Bench {
  const clock = createManualClock();
  return {
    clock,
    broker: createMemoryBroker({ clock, random: createSeededRandom(7), leaseMs: 30_000, signals: true, ...options }),
  };
}

export function request(id: string, fields: Partial<Message> = {}): Message {
  return { id, action: 'a', body: '{}', headers: {}, ...fields };
}

/** Deliveries of an address, in order, each settled as told: an ack, or once its promise says so. */
export async function collect(
  transport: Transport,
  address: string,
  settle: (delivery: Delivery) => Promise<Disposition> = async () => ({ kind: 'ack' }),
  intake = 10,
): Promise<Delivery[]> {
  const seen: Delivery[] = [];
  await transport.consume(address, { actions: ['a'], intake }, (delivery) => {
    seen.push(delivery);
    return settle(delivery);
  });
  return seen;
}

export const never = (): Promise<Disposition> => new Promise(() => undefined);

export const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ message }) => message.id);
