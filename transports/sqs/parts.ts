import type { Delivery } from '../../src/core/transport.js';
import type { ReceivedMessage, SqsApi, SqsError } from './api.js';
import type { Counters } from './counters.js';
import type { Names } from './names.js';
import type { SqsSettings } from './options.js';
import type { Queues } from './queues.js';
import type { WireRules } from './wire.js';

/** What all parts of one transport share. */
export interface SqsParts {
  readonly settings: SqsSettings;
  readonly api: SqsApi;
  readonly names: Names;
  readonly queues: Queues;
  readonly counters: Counters;
  readonly rules: WireRules;
  readonly availability: Availability;
  /** What is wrong, by what it concerns, for health; undefined: nothing any more. */
  readonly setProblem: (about: string, problem: string | undefined) => void;
  /** Aborts once the transport is being closed: waits between tries end then, calls under way go on. */
  readonly closing: AbortSignal;
  /**
   * Sends a copy of a request to the dead letters of `address`, with a new deduplication id. Resolves once SQS has it;
   * the original is still there then. Rejects with an SqsError, or with a TransportError where there is no such queue.
   */
  readonly setAside: (address: string, received: ReceivedMessage, why: SetAside) => Promise<void>;
}

export interface SetAside {
  readonly reason: string;
  /** Counted attempts so far. */
  readonly attempts: number;
  readonly sender: Delivery['sender'];
  /** When a worker first had it, in epoch milliseconds. */
  readonly firstSeenMs: number;
}

/** Whether SQS answers: each loop says how its calls ended. */
export interface Availability {
  /** It has, at least once. */
  readonly hasAnswered: boolean;
  ok(): void;
  failed(error: SqsError): void;
}
