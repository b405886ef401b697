import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { systemClock, type Clock } from '../../src/core/clock.js';
import { silentLog, type Logger } from '../../src/core/log.js';
import { systemRandom, type Random } from '../../src/core/random.js';
import { maxMessageBytes } from './sizes.js';

/** What becomes of a request for an action that no handler here answers: another service on the queue may own it. */
export type UnknownActions = 'return' | 'answer';

/** Credentials come from the SDK's default chain, and from nowhere else. */
export interface SqsTransportOptions {
  /** The region of the queues; what the SDK finds in its environment by default. */
  readonly region?: string;
  /** Where to find SQS instead of AWS: LocalStack, an emulator. */
  readonly endpoint?: string;
  /** What the names of all queues begin with; `samovar-` by default. */
  readonly prefix?: string;
  /** Create queues that are missing; true by default. Without it a missing queue fails the start. */
  readonly ensure?: boolean;
  /** 'return' (default): it is left to others, until its deadline or for 15 min. 'answer': it is refused here at once. */
  readonly unknownActions?: UnknownActions;
  /** The largest body in bytes, in either direction; 1 MiB less the room that attributes need, by default and at most. */
  readonly maxBodyBytes?: number;
  /** How long SQS leaves a message with a worker that stopped renewing it; whole seconds, 30 s by default. */
  readonly visibilityTimeoutMs?: number;
  /** How long one poll waits for messages; whole seconds, 20 s by default and at most. */
  readonly pollMs?: number;
  /** A call of SQS that takes longer (a poll: longer than its wait) is given up and made again; 10 s by default. */
  readonly requestTimeoutMs?: number;
  /**
   * The ids (`SenderId` before the colon) of those who redrive: what their copies say of who sent a request is believed.
   * Nobody by default: to its worker, a redriven request is the operator's own.
   */
  readonly believes?: readonly string[];
  /** Sends that may wait to be written; one more is `busy`. 10,000 by default. */
  readonly maxWaitingSends?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
  /** Carries the SDK's requests instead of its HTTP client: an emulator in this process, a proxy, a tracer. */
  readonly requestHandler?: NonNullable<SQSClientConfig['requestHandler']>;
}

export interface SqsSettings {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly prefix: string;
  readonly ensure: boolean;
  readonly unknownActions: UnknownActions;
  readonly maxBodyBytes: number;
  readonly visibilityTimeoutMs: number;
  readonly pollMs: number;
  readonly requestTimeoutMs: number;
  readonly believes: readonly string[];
  readonly maxWaitingSends: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly requestHandler: SqsTransportOptions['requestHandler'];
}

/** What our attributes may need beside the body. */
const attributeRoomBytes = 16 * 1024;

/** @throws TypeError naming the option that is wrong. */
export function sqsSettings(options: SqsTransportOptions): SqsSettings {
  const { prefix = 'samovar-', unknownActions = 'return' } = options;
  if (!/^[A-Za-z0-9_-]{0,30}$/.test(prefix)) {
    throw new TypeError(`expected prefix to be at most 30 letters, digits, "-" or "_", got ${JSON.stringify(prefix)}`);
  }
  if (unknownActions !== 'return' && unknownActions !== 'answer') {
    throw new TypeError(`expected unknownActions to be 'return' or 'answer', got ${String(unknownActions)}`);
  }
  const largestBody = maxMessageBytes - attributeRoomBytes;
  return {
    region: options.region,
    endpoint: options.endpoint,
    prefix,
    ensure: options.ensure ?? true,
    unknownActions,
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? largestBody, { most: largestBody }),
    visibilityTimeoutMs: seconds('visibilityTimeoutMs', options.visibilityTimeoutMs ?? 30_000, 43_200),
    pollMs: seconds('pollMs', options.pollMs ?? 20_000, 20),
    requestTimeoutMs: whole('requestTimeoutMs', options.requestTimeoutMs ?? 10_000),
    believes: options.believes ?? [],
    maxWaitingSends: whole('maxWaitingSends', options.maxWaitingSends ?? 10_000),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? silentLog,
    requestHandler: options.requestHandler,
  };
}

function whole(name: string, value: number, { most = Number.MAX_SAFE_INTEGER } = {}): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'of at least 1' : `from 1 to ${most}`;
  throw new TypeError(`expected ${name} to be an integer ${upTo}, got ${value}`);
}

function seconds(name: string, ms: number, mostSeconds: number): number {
  const value = whole(name, ms, { most: mostSeconds * 1_000 });
  if (value % 1_000 === 0) return value;
  throw new TypeError(`expected ${name} to be whole seconds in milliseconds, got ${value}`);
}
