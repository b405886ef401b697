import type { Quarantine } from '../../src/core/quarantine.js';
import { createMemoryBroker, type MemoryBroker } from './broker.js';
import type { MemoryBrokerOptions } from './options.js';
import type { MemoryConnectOptions, MemoryTransport } from './transport.js';

export type {
  Quarantine,
  QuarantineDetail,
  QuarantineEntry,
  QuarantineList,
  QuarantineOptions,
  QuarantineReport,
  QuarantineSelection,
  RedriveOptions,
} from '../../src/core/quarantine.js';
export { createMemoryBroker, type MemoryBroker } from './broker.js';
export type { BrokerEvent, MemoryBrokerOptions, SendFate } from './options.js';
export type { DeadLetter } from './dead-letters.js';
export type { MemoryConnectOptions, MemoryTransport } from './transport.js';

/** The quarantine of an address of a memory broker. */
export function openQuarantine({
  broker,
  address,
}: {
  readonly broker: MemoryBroker;
  readonly address: string;
}): Quarantine {
  return broker.quarantine(address);
}

/** A transport with a broker of its own: for one process that calls itself. Others join through `createMemoryBroker`. */
export function createMemoryTransport(options: MemoryBrokerOptions & MemoryConnectOptions = {}): MemoryTransport {
  return createMemoryBroker(options).connect(options);
}
