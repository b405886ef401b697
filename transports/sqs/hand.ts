import type { ReceivedMessage, SqsError } from './api.js';
import type { Reading } from './wire.js';

/** One message of an address, from its arrival until SQS has forgotten it or has it back. */
export interface Hand {
  readonly received: ReceivedMessage;
  readonly reading: Reading;
  readonly group: string;
  /** By the monotonic clock; `firstSeenMs` by the wall clock. */
  readonly receivedMs: number;
  readonly firstSeenMs: number;
  /** Aborts once it is not ours any more. */
  readonly taken: AbortController;
  /** 'waiting' for those before it in its group, 'running', or 'settling': nothing starts or settles it any more. */
  stage: 'waiting' | 'running' | 'settling';
  lease: Lease;
}

/** All times by the monotonic clock. */
export interface Lease {
  /** SQS gives it to nobody else before this. */
  endsMs: number;
  renewAtMs: number;
  /** A renewal that is under way. */
  renewing: Promise<void> | undefined;
  /** Failed in a row. */
  tries: number;
  /** How the last renewal failed, if it did. */
  failure: SqsError | undefined;
}

/** The id of the message, as its sender gave it. */
export function idOf({ reading }: Hand): string {
  return reading.kind === 'request' ? reading.message.id : reading.id;
}
