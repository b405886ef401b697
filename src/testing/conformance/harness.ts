import type { Message, Transport, TransportTraits } from '../../core/transport.js';
import type { ManualClock } from '../manual-clock.js';

export interface HarnessConnectOptions {
  /** Whose connection it is: what the broker vouches for as the sender. Left out: the harness's usual user. */
  readonly user?: string;
}

export interface QuarantinedMessage {
  readonly reason: string;
  readonly message: Message;
}

/**
 * A transport and the broker behind it, as the conformance suite needs them. Each optional member lets it run the
 * cases that need it; without it those have to be skipped by name, with a reason.
 */
export interface TransportHarness {
  readonly name: string;
  /** What the transports it connects say of themselves. */
  readonly traits: TransportTraits;
  /** How long something may take to happen before a case fails, in milliseconds; with `time`, of virtual time. */
  readonly patienceMs: number;
  /** How long the broker leaves a delivery that nobody renews with its holder, where it has such a lease. */
  readonly leaseMs?: number;
  /** A transport of its own connection, ready. The suite closes it. */
  connect(options?: HarnessConnectOptions): Promise<Transport>;
  /** The name of an address that has never been used. */
  freshAddress(): string;
  /** Two users that `connect` takes and the broker vouches for as senders. Left out: it vouches for nobody. */
  readonly users?: readonly [string, string];
  /** What was set aside from an address. */
  deadLetters?(address: string): Promise<readonly QuarantinedMessage[]>;
  /** Cuts every connection of the transports at once; the broker stays, and they come back by themselves. */
  cut?(): Promise<void>;
  /** Ends the broker's process without warning and starts it again. */
  crashBroker?(): Promise<void>;
  /** The time that transports and broker live in, if it is virtual. Left out: time is real. */
  readonly time?: Pick<ManualClock, 'now' | 'monotonicMs' | 'advance'>;
  /** Frees what the harness holds. */
  destroy(): Promise<void>;
}
