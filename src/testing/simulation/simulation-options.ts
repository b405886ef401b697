import type { Clock } from '../../core/clock.js';
import type { Client, ClientOptions } from '../../core/client.js';
import type { Handler } from '../../core/handler.js';
import type { ServerOptions } from '../../core/server-options.js';
import type { Transport } from '../../core/transport.js';
import type { IdempotencyStore } from '../../stores/idempotency.js';
import type { LockProvider } from '../../stores/lock.js';
import type { Fault, FaultChances } from './fault.js';
import type { Invariant } from './invariant.js';
import type { SimulatedProcess } from './process.js';

export type SimulatedServerOptions = Partial<
  Pick<
    ServerOptions,
    | 'authorize'
    | 'clockSkewMs'
    | 'concurrency'
    | 'drainMs'
    | 'lockWaitMs'
    | 'maxStarts'
    | 'maxWaiting'
    | 'maxWaitingPerKey'
    | 'middleware'
  >
>;

/** Where something runs. */
export interface SimulatedPlace {
  readonly process: Pick<SimulatedProcess, 'name' | 'state' | 'enter' | 'random'>;
  /** Its time: silent while it stands still. */
  readonly clock: Clock;
  readonly profile: 'amqp' | 'sqs';
}

/** Replaces parts of the processes, to see what a wrong one would do. */
export interface SimulationParts {
  transport?(transport: Transport, place: SimulatedPlace & { readonly role: 'node' | 'caller' }): Transport;
  locks?(locks: LockProvider, place: SimulatedPlace): LockProvider;
  idempotency?(store: IdempotencyStore, place: SimulatedPlace): IdempotencyStore;
  handlers?(handlers: readonly Handler[], place: SimulatedPlace & { readonly locks: LockProvider }): readonly Handler[];
  client?(options: ClientOptions): Client;
}

export interface SimulationOptions {
  /** All chance comes from it. */
  readonly seed: number;
  /** Whose semantics the broker has: RabbitMQ's, or those of SQS FIFO queues. */
  readonly profile: 'amqp' | 'sqs';
  /** What the nodes do. Called at each start of one; waits must use the clock of the place. */
  handlers(place: SimulatedPlace): readonly Handler[];
  /** How many workers compete for the address: node-1, node-2, …; 2 by default. */
  readonly nodes?: number;
  /** caller-1, …; 1 by default. */
  readonly callers?: number;
  /** 'work' by default. */
  readonly address?: string;
  readonly server?: SimulatedServerOptions;
  /** What goes wrong, and when. */
  readonly faults?: readonly Fault[];
  /** What goes wrong by chance, in the first `chanceMs`. */
  readonly chances?: FaultChances;
  /** 10,000 by default. */
  readonly chanceMs?: number;
  /** By how much the clocks of the processes may be off, either way; 1,000 by default. */
  readonly maxSkewMs?: number;
  /** What must hold beside `invariants`. */
  readonly alsoHolds?: readonly Invariant[];
  readonly parts?: SimulationParts;
}
