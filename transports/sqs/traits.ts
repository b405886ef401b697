import type { TransportTraits } from '../../src/core/transport.js';
import type { SqsSettings } from './options.js';

/** After it SQS gives a message to somebody else, however often it was renewed ("ChangeMessageVisibility"). */
const longestHoldMs = 12 * 60 * 60_000;
/** Some time is left to notice before. */
const marginMs = 5 * 60_000;

export function traitsOf({ maxBodyBytes }: SqsSettings): TransportTraits {
  return {
    maxBodyBytes,
    ordering: 'group',
    // SQS counts receives, and what waits or is given back is received too.
    countsAttempts: false,
    canCancel: false,
    reportsUnroutable: true,
    reportsNoWorker: false,
    maxHoldMs: longestHoldMs - marginMs,
    survivesBrokerCrash: true,
  };
}
