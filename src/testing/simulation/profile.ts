import type { TransportTraits } from '../../core/transport.js';

/** How a broker behaves, as far as it matters to those who use it. */
export interface Profile {
  readonly name: 'amqp' | 'sqs';
  readonly traits: Partial<TransportTraits>;
  /** How long what a process holds stays its own when nothing is heard of it: missed heartbeats, or visibility. */
  readonly leaseMs: number;
  /** A process that crashes or loses its connection gives back what it held at once, not with its lease. */
  readonly hasConnections: boolean;
  /** A message that is sent again with the same id within this time is taken for a repeat. */
  readonly dedupMs: number;
  /** A send of which nothing is heard for so long is given up, or tried again. */
  readonly confirmTimeoutMs: number;
  /** Deliveries carry a signal for the loss of their lease. */
  readonly signals: boolean;
  /** What has expired is dropped by the broker. */
  readonly expires: boolean;
}

const amqp: Profile = {
  name: 'amqp',
  traits: { ordering: 'none', maxHoldMs: 1_500_000, survivesBrokerCrash: true },
  leaseMs: 20_000,
  hasConnections: true,
  dedupMs: 0,
  confirmTimeoutMs: 10_000,
  signals: false,
  expires: true,
};

const sqs: Profile = {
  name: 'sqs',
  traits: {
    ordering: 'group',
    canCancel: false,
    reportsNoWorker: false,
    maxHoldMs: 43_000_000,
    survivesBrokerCrash: true,
  },
  leaseMs: 30_000,
  hasConnections: false,
  dedupMs: 300_000,
  confirmTimeoutMs: 1_000,
  signals: true,
  expires: false,
};

export const profiles = { amqp, sqs } as const;
