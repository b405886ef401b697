import type { TransportTraits } from '../../src/core/transport.js';
import type { AmqpSettings } from './options.js';

export function traitsOf(settings: AmqpSettings): TransportTraits {
  return {
    maxBodyBytes: settings.maxBodyBytes,
    ordering: 'none',
    countsAttempts: false,
    canCancel: true,
    reportsUnroutable: settings.confirms,
    reportsNoWorker: true,
    // Some time is left to notice before the broker takes the delivery away.
    maxHoldMs: Math.floor((settings.brokerAckTimeoutMs * 25) / 30),
    survivesBrokerCrash: true,
  };
}
