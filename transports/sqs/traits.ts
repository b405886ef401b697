import type { TransportTraits } from '../../src/core/transport.js';
import { maxHoldMs } from './leases.js';
import type { SqsSettings } from './options.js';

export function traitsOf({ maxBodyBytes }: SqsSettings): TransportTraits {
  return {
    maxBodyBytes,
    ordering: 'group',
    // SQS counts receives, and what waits or is given back is received too.
    countsAttempts: false,
    canCancel: false,
    reportsUnroutable: true,
    reportsNoWorker: false,
    maxHoldMs,
    survivesBrokerCrash: true,
  };
}
