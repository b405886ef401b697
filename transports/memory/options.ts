import { systemClock, type Clock } from '../../src/core/clock.js';
import { systemRandom, type Random } from '../../src/core/random.js';
import type { Disposition, Message, TransportTraits } from '../../src/core/transport.js';
import { createSoon } from './turns.js';

/**
 * What becomes of one send: 'lost' leaves and never arrives, 'unconfirmed' arrives but its sender is not told. Both
 * stay open until the connection is cut, as on a real network.
 */
export type SendFate = 'arrives' | 'lost' | 'unconfirmed';

/** What happens to a message inside the broker; a settlement that came too late has no effect. */
export type BrokerEvent =
  | { readonly kind: 'accepted' | 'delivered' | 'expired' | 'lapsed' | 'given back' | 'lost' }
  | { readonly kind: 'settled' | 'late settle'; readonly disposition: Disposition };

export interface MemoryBrokerOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long a delivery stays with a consumer that stopped renewing it; 30 s by default. */
  readonly leaseMs?: number;
  /** Messages that may wait at one address; one more is `rejected`. 100,000 by default. */
  readonly maxQueueLength?: number;
  /** Messages set aside per address; then a delivery that is quarantined comes back after a second. 100,000 by default. */
  readonly maxDeadLetters?: number;
  /** Sends of one connection that may wait while it is down; one more is `busy`. 1,024 by default. */
  readonly maxWaitingSends?: number;
  /**
   * Whether deliveries carry a signal, for tests that freeze or cut connections; by default only with a trait
   * `maxHoldMs`. Where nothing takes a delivery away it never fires, and it costs more than all the rest of a call.
   */
  readonly signals?: boolean;
  /** Makes it behave as a broker that differs in these: each answer changes what it does, not only what it says. */
  readonly traits?: Partial<TransportTraits>;
  /**
   * Runs `turn` soon, but never before the caller's microtasks are done; by default before timers and sockets have their
   * turn, but not for ever. A virtual clock has to let some time pass for it: what is retried at once for ever would
   * otherwise stop time.
   */
  readonly schedule?: (turn: () => void) => void;
  /** A plan of faults: asked for each message that is sent. Left out: all arrive. */
  readonly fate?: (address: string, message: Message) => SendFate;
  /** Hears what happens to each message, by the address where it does. */
  readonly observe?: (address: string, message: Message, event: BrokerEvent) => void;
}

export interface MemorySettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly leaseMs: number;
  readonly maxQueueLength: number;
  readonly maxDeadLetters: number;
  readonly maxWaitingSends: number;
  readonly signals: boolean;
  readonly traits: TransportTraits;
  readonly schedule: (turn: () => void) => void;
  readonly fate: ((address: string, message: Message) => SendFate) | undefined;
  readonly observe: MemoryBrokerOptions['observe'] | undefined;
}

const memoryTraits: TransportTraits = {
  maxBodyBytes: 1024 * 1024,
  ordering: 'group',
  countsAttempts: false,
  canCancel: true,
  reportsUnroutable: true,
  reportsNoWorker: true,
  survivesBrokerCrash: false,
};

export function memorySettings(options: MemoryBrokerOptions): MemorySettings {
  return {
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    leaseMs: atLeastOne('leaseMs', options.leaseMs ?? 30_000),
    maxQueueLength: atLeastOne('maxQueueLength', options.maxQueueLength ?? 100_000),
    maxDeadLetters: atLeastOne('maxDeadLetters', options.maxDeadLetters ?? 100_000),
    maxWaitingSends: atLeastOne('maxWaitingSends', options.maxWaitingSends ?? 1_024),
    signals: options.signals ?? options.traits?.maxHoldMs !== undefined,
    traits: Object.freeze({ ...memoryTraits, ...options.traits }),
    schedule: options.schedule ?? createSoon(),
    fate: options.fate,
    observe: options.observe,
  };
}

export function atLeastOne(name: string, value: number): number {
  if (value >= 1) return value;
  throw new TypeError(`expected ${name} to be a number of at least 1, got ${value}`);
}
