import type { Attributes } from './api.js';
import { setupError } from './errors.js';
import { maxMessageBytes } from './sizes.js';

/** The most that SQS allows. Waiting and giving back are receives too, so it never decides: our own rule does, before. */
const maxReceiveCount = 1_000;
const seconds = { fourteenDays: 1_209_600, oneHour: 3_600 };

const everyQueue = { MaximumMessageSize: String(maxMessageBytes) };
/** The throughput of a FIFO queue is per group only where deduplication is. */
const fifo = {
  ...everyQueue,
  FifoQueue: 'true',
  DeduplicationScope: 'messageGroup',
  FifoThroughputLimit: 'perMessageGroupId',
  MessageRetentionPeriod: String(seconds.fourteenDays),
};

export const deadLetterShape: Attributes = fifo;

/** Replies: nobody waits for one longer than that. */
export const inboxShape: Attributes = { ...everyQueue, MessageRetentionPeriod: String(seconds.oneHour) };

export interface AddressRules {
  /** Attributes of its dead letters, as they are. */
  readonly deadLetters: Attributes;
  readonly visibilityTimeoutMs: number;
}

export function addressShape({ deadLetters, visibilityTimeoutMs }: AddressRules): Attributes {
  return {
    ...fifo,
    VisibilityTimeout: String(visibilityTimeoutMs / 1_000),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: arnOf(deadLetters),
      maxReceiveCount: String(maxReceiveCount),
    }),
  };
}

/** @throws TransportError `setup`, naming what differs and what it has to be. */
export function checkAddressQueue(name: string, attributes: Attributes, rules: AddressRules): void {
  checkFifo(name, attributes);
  const queue = JSON.stringify(name);
  const { VisibilityTimeout = '0', RedrivePolicy, MaximumMessageSize } = attributes;
  const leastSeconds = rules.visibilityTimeoutMs / 1_000;
  if (Number(VisibilityTimeout) < leastSeconds) {
    throw setupError(
      `expected queue ${queue} to have a VisibilityTimeout of at least ${leastSeconds} s, got ${VisibilityTimeout}: ` +
        'change the queue, or visibilityTimeoutMs',
    );
  }
  const { deadLetterTargetArn, maxReceiveCount: most } = policyOf(RedrivePolicy);
  const deadLetterArn = arnOf(rules.deadLetters);
  if (deadLetterTargetArn !== deadLetterArn || !(Number(most) >= maxReceiveCount)) {
    const expected = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount });
    throw setupError(`expected queue ${queue} to have the RedrivePolicy ${expected}, got ${RedrivePolicy ?? 'none'}`);
  }
  if (Number(rules.deadLetters['MaximumMessageSize']) < Number(MaximumMessageSize)) {
    throw setupError(
      `expected the dead letters of queue ${queue} to have its MaximumMessageSize of ${MaximumMessageSize} bytes, ` +
        `got ${rules.deadLetters['MaximumMessageSize']}: give both queues the same`,
    );
  }
}

function arnOf({ QueueArn = '' }: Attributes): string {
  return QueueArn;
}

/** @throws TransportError `setup` */
export function checkFifo(name: string, { FifoQueue }: Attributes): void {
  if (FifoQueue === 'true') return;
  throw setupError(
    `expected queue ${JSON.stringify(name)} to be a FIFO queue, got a standard one: delete it, or use another prefix`,
  );
}

function policyOf(json = '{}'): { readonly deadLetterTargetArn?: unknown; readonly maxReceiveCount?: unknown } {
  try {
    return JSON.parse(json) as object;
  } catch {
    return {};
  }
}
