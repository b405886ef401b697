import { createMemoryBroker } from './broker.js';
import type { MemoryBrokerOptions } from './options.js';
import type { MemoryConnectOptions, MemoryTransport } from './transport.js';

export { createMemoryBroker, type MemoryBroker } from './broker.js';
export type { MemoryBrokerOptions, SendFate } from './options.js';
export type { DeadLetter } from './dead-letters.js';
export type { MemoryConnectOptions, MemoryTransport } from './transport.js';

/** A transport with a broker of its own: for one process that calls itself. Others join through `createMemoryBroker`. */
export function createMemoryTransport(options: MemoryBrokerOptions & MemoryConnectOptions = {}): MemoryTransport {
  return createMemoryBroker(options).connect(options);
}
