import type { Message, TransportError } from '../../src/core/transport.js';
import type { MemorySettings } from './options.js';
import type { MemoryQueue } from './queue.js';
import type { Turns } from './turns.js';

/** The side of the broker that its connections see. */
export interface BrokerCore {
  readonly settings: MemorySettings;
  readonly turns: Turns;
  state(): 'ready' | 'blocked' | 'down';
  /** Rises when messages were lost with the broker's process. */
  epoch(): number;
  /** The queue of an address, made if there is none. */
  declare(name: string, actions: readonly string[] | undefined): MemoryQueue;
  remove(name: string): void;
  /** Takes the message, or says why not. */
  accept(address: string, message: Message, from: Sent): TransportError | undefined;
  control(address: string, message: Message, sender: string | undefined): void;
  count(what: string): void;
  readonly counters: Readonly<Record<string, number>>;
}

export interface Sent {
  readonly sender: string | undefined;
  readonly requireWorker: boolean;
}

export const inboxPrefix = 'inbox:';
