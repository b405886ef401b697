import type { Action, ActionContext } from './action.js';
import { invalidParameter, SqsServiceError } from './errors.js';
import { optionalText, optionalWhole, text, textMap, texts, type Fields } from './fields.js';
import { readRedrivePolicy, unknownAttribute } from './queue-attributes.js';
import type { SqsQueue } from './queue.js';

const purgeEveryMs = 60_000;
const mostTags = 50;
const pageRange = { least: 1, most: 1_000, reason: 'MaxResults must be an integer between 1 and 1000.' };

function queueOf(input: Fields, { account }: ActionContext): SqsQueue {
  return account.byUrl(text(input, 'QueueUrl'));
}

function urlOf({ name }: SqsQueue, { account, caller }: ActionContext): string {
  return `${caller.baseUrl}/${account.id}/${name}`;
}

const getQueueAttributes: Action = (input, context) => {
  const names = texts(input, 'AttributeNames');
  const found = attributesOf(queueOf(input, context));
  const all = names.includes('All');
  const unknown = names.find((name) => name !== 'All' && !known.has(name));
  if (unknown !== undefined) throw unknownAttribute(unknown);
  return { Attributes: Object.fromEntries([...found].filter(([name]) => all || names.includes(name))) };
};

const known = new Set(
  `ApproximateNumberOfMessages ApproximateNumberOfMessagesDelayed ApproximateNumberOfMessagesNotVisible
  ContentBasedDeduplication CreatedTimestamp DeduplicationScope DelaySeconds FifoQueue FifoThroughputLimit
  KmsDataKeyReusePeriodSeconds KmsMasterKeyId LastModifiedTimestamp MaximumMessageSize MessageRetentionPeriod Policy
  QueueArn ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy SqsManagedSseEnabled VisibilityTimeout`.split(
    /\s+/,
  ),
);

function attributesOf(queue: SqsQueue): Map<string, string> {
  queue.settle();
  const { all, delayed, inFlight } = queue.messages;
  return new Map([
    ...queue.attributes,
    ['QueueArn', queue.arn],
    ['CreatedTimestamp', String(queue.createdAt)],
    ['LastModifiedTimestamp', String(queue.modifiedAt)],
    ['ApproximateNumberOfMessages', String(all.size - delayed.size - inFlight.size)],
    ['ApproximateNumberOfMessagesDelayed', String(delayed.size)],
    ['ApproximateNumberOfMessagesNotVisible', String(inFlight.size)],
  ]);
}

/** A page of queues, and where the next one begins. */
function page(queues: readonly SqsQueue[], input: Fields, context: ActionContext): { urls: string[]; next?: string } {
  const size = optionalWhole(input, 'MaxResults', pageRange);
  const from = Number(optionalText(input, 'NextToken') ?? 0);
  if (!Number.isInteger(from)) throw invalidParameter('The NextToken is invalid.');
  const urls = queues.slice(from, from + (size ?? pageRange.most)).map((queue) => urlOf(queue, context));
  const next = from + urls.length;
  return { urls, ...(size !== undefined && next < queues.length && { next: String(next) }) };
}

const listQueues: Action = (input, context) => {
  const prefix = optionalText(input, 'QueueNamePrefix') ?? '';
  const queues = [...context.account.queues.values()].filter(({ name }) => name.startsWith(prefix));
  const { urls, next } = page(queues, input, context);
  return { ...(urls.length > 0 && { QueueUrls: urls }), ...(next && { NextToken: next }) };
};

const listDeadLetterSourceQueues: Action = (input, context) => {
  const { arn } = queueOf(input, context);
  const queues = [...context.account.queues.values()];
  const sources = queues.filter(({ attributes }) => readRedrivePolicy(attributes)?.targetArn === arn);
  const { urls, next } = page(sources, input, context);
  return { queueUrls: urls, ...(next && { NextToken: next }) };
};

const purgeQueue: Action = (input, context) => {
  const queue = queueOf(input, context);
  const nowMs = context.clock.monotonicMs();
  if (queue.purgedAtMs !== undefined && nowMs - queue.purgedAtMs < purgeEveryMs) {
    throw new SqsServiceError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
    );
  }
  queue.purgedAtMs = nowMs;
  queue.purge();
  return {};
};

const tagQueue: Action = (input, context) => {
  const queue = queueOf(input, context);
  const tags = textMap(input, 'Tags');
  assertTags(new Map([...queue.tags, ...tags]), queue.name);
  for (const [key, value] of tags) queue.tags.set(key, value);
  return {};
};

function assertTags(tags: ReadonlyMap<string, string>, queueName: string): void {
  if (tags.size > mostTags) throw invalidParameter(`Too many tags added for queue ${queueName}.`);
  for (const [key, value] of tags) {
    const legal = key.length >= 1 && key.length <= 128 && value.length <= 256 && !key.startsWith('aws:');
    if (!legal) throw invalidParameter(`The tag key or value is invalid: ${key}`);
  }
}

/** The calls about queues. */
export const queueActions: Readonly<Record<string, Action>> = {
  CreateQueue(input, context) {
    const name = text(input, 'QueueName');
    const tags = textMap(input, 'tags');
    assertTags(tags, name);
    return { QueueUrl: urlOf(context.account.create(name, textMap(input, 'Attributes'), tags), context) };
  },
  GetQueueUrl: (input, context) => ({ QueueUrl: urlOf(context.account.byName(text(input, 'QueueName')), context) }),
  GetQueueAttributes: getQueueAttributes,
  SetQueueAttributes(input, context) {
    context.account.setAttributes(queueOf(input, context), textMap(input, 'Attributes'));
    return {};
  },
  ListQueues: listQueues,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  DeleteQueue(input, context) {
    context.account.remove(queueOf(input, context));
    return {};
  },
  PurgeQueue: purgeQueue,
  TagQueue: tagQueue,
  UntagQueue(input, context) {
    const { tags } = queueOf(input, context);
    for (const key of texts(input, 'TagKeys')) tags.delete(key);
    return {};
  },
  ListQueueTags(input, context) {
    const { tags } = queueOf(input, context);
    return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
  },
};
