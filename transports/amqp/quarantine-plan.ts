import { addressExchange, operatorQueue, quarantineQueue } from './names.js';
import type { DeclaredQueue, Plan } from './plan.js';

/** Whoever has declared it works at the quarantine. */
export function operatorLock(address: string): DeclaredQueue {
  return { kind: 'queue', name: operatorQueue(address), durable: false, exclusive: true, arguments: {} };
}

/** What working at the quarantine of an address takes. */
export function planOperator(address: string): Plan {
  const exchange = addressExchange(address);
  return {
    declares: [operatorLock(address)],
    publishes: [{ kind: 'publishing', exchange, from: exchange }],
    consumes: quarantineQueue(address),
  };
}
