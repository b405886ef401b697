import { controlExchange } from './names.js';
import type { DeclaredExchange, DeclaredQueue, Plan } from './plan.js';

/** A worker that does not read them is not owed more than it would remember. */
const mostWaiting = 10_000;

const exchange: DeclaredExchange = { kind: 'exchange', name: controlExchange, type: 'direct', durable: false };

/** What hearing the control messages of one address takes. */
export function planControl(address: string, queue: string): Plan {
  const heard: DeclaredQueue = {
    kind: 'queue',
    name: queue,
    durable: false,
    exclusive: true,
    arguments: { 'x-max-length': mostWaiting },
  };
  return {
    declares: [exchange, heard, { kind: 'binding', queue, exchange: controlExchange, key: address }],
    publishes: [],
    consumes: queue,
  };
}
