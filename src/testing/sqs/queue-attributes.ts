import { invalidParameter, SqsServiceError } from './errors.js';

/** The attributes of a queue that can be set, as text, by name. */
export type QueueAttributes = ReadonlyMap<string, string>;

const wholeNumbers: ReadonlyMap<string, { least: number; most: number; initially: number }> = new Map([
  ['DelaySeconds', { least: 0, most: 900, initially: 0 }],
  ['MaximumMessageSize', { least: 1_024, most: 1_048_576, initially: 1_048_576 }],
  ['MessageRetentionPeriod', { least: 60, most: 1_209_600, initially: 345_600 }],
  ['ReceiveMessageWaitTimeSeconds', { least: 0, most: 20, initially: 0 }],
  ['VisibilityTimeout', { least: 0, most: 43_200, initially: 30 }],
  ['KmsDataKeyReusePeriodSeconds', { least: 60, most: 86_400, initially: 300 }],
]);
const choices: ReadonlyMap<string, readonly string[]> = new Map([
  ['FifoQueue', ['true', 'false']],
  ['ContentBasedDeduplication', ['true', 'false']],
  ['DeduplicationScope', ['queue', 'messageGroup']],
  ['FifoThroughputLimit', ['perQueue', 'perMessageGroupId']],
  ['SqsManagedSseEnabled', ['true', 'false']],
]);
const fifoOnly = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
const texts = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId'];

const everyQueue = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

/** What a queue has that nobody gave attributes. */
export function defaultAttributes(fifo: boolean): QueueAttributes {
  const defaults = new Map(everyQueue.map((name) => [name, String(wholeNumbers.get(name)?.initially)]));
  defaults.set('SqsManagedSseEnabled', 'true');
  if (!fifo) return defaults;
  return new Map([
    ...defaults,
    ['FifoQueue', 'true'],
    ['ContentBasedDeduplication', 'false'],
    ['DeduplicationScope', 'queue'],
    ['FifoThroughputLimit', 'perQueue'],
  ]);
}

/** SQS API reference, CreateQueue. @throws SqsServiceError for what that queue cannot have. */
export function assertAttributes(given: QueueAttributes, resulting: QueueAttributes, fifo: boolean): void {
  for (const [name, value] of given) {
    if (!fifo && fifoOnly.includes(name)) throw unknownAttribute(name);
    assertAttribute(name, value);
  }
  if (
    resulting.get('FifoThroughputLimit') === 'perMessageGroupId' &&
    resulting.get('DeduplicationScope') !== 'messageGroup'
  ) {
    throw invalidParameter(
      'The perMessageGroupId value of FifoThroughputLimit is allowed only when the value of DeduplicationScope is messageGroup',
    );
  }
}

function assertAttribute(name: string, value: string): void {
  const range = wholeNumbers.get(name);
  const choice = choices.get(name);
  if (!range && !choice && !texts.includes(name)) throw unknownAttribute(name);
  const number = Number(value);
  const legal = range
    ? /^\d+$/.test(value) && number >= range.least && number <= range.most
    : (choice?.includes(value) ?? true);
  if (!legal) throw invalidAttribute(name);
}

export function unknownAttribute(name: string): SqsServiceError {
  return new SqsServiceError('InvalidAttributeName', `Unknown Attribute ${name}.`);
}

export function invalidAttribute(name: string): SqsServiceError {
  return new SqsServiceError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

/** Where messages go that were received more often than this. */
export interface RedrivePolicy {
  readonly targetArn: string;
  readonly maxReceiveCount: number;
}

export function readRedrivePolicy(attributes: QueueAttributes): RedrivePolicy | undefined {
  const text = attributes.get('RedrivePolicy');
  if (text === undefined || text === '') return undefined;
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidAttribute('RedrivePolicy');
  }
  const { deadLetterTargetArn, maxReceiveCount = 10 } = Object(policy) as Record<string, unknown>;
  const count = Number(maxReceiveCount);
  if (typeof deadLetterTargetArn !== 'string' || !Number.isInteger(count) || count < 1 || count > 1_000) {
    throw invalidParameter(
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: expected deadLetterTargetArn and a maxReceiveCount from 1 to 1000.`,
    );
  }
  return { targetArn: deadLetterTargetArn, maxReceiveCount: count };
}
