import { invalidParameter, SqsServiceError } from './errors.js';
import { assertAttributes, defaultAttributes, readRedrivePolicy, type QueueAttributes } from './queue-attributes.js';
import { createQueue, type QueueParts, type SqsQueue } from './queue.js';

/** The queues of one AWS account in one region. */
export interface Account {
  readonly id: string;
  readonly queues: ReadonlyMap<string, SqsQueue>;
  /** The queue there is, if it does not differ. @throws SqsServiceError QueueNameExists, QueueDeletedRecently, ... */
  create(name: string, given: QueueAttributes, tags: ReadonlyMap<string, string>): SqsQueue;
  /** @throws SqsServiceError QueueDoesNotExist. */
  byName(name: string): SqsQueue;
  byUrl(url: string): SqsQueue;
  byArn(arn: string): SqsQueue | undefined;
  setAttributes(queue: SqsQueue, given: QueueAttributes): void;
  remove(queue: SqsQueue): void;
  /** Ends all receives that wait. */
  end(): void;
}

export interface AccountOptions extends Omit<QueueParts, 'findByArn'> {
  readonly id: string;
  readonly region: string;
}

const deletedForMs = 60_000;

export function createAccount({ id, region, ...options }: AccountOptions): Account {
  const { clock } = options;
  const queues = new Map<string, SqsQueue>();
  const deletedAtMs = new Map<string, number>();
  const arnPrefix = `arn:aws:sqs:${region}:${id}:`;
  const parts: QueueParts = { ...options, findByArn: byArn };

  function byArn(arn: string): SqsQueue | undefined {
    return arn.startsWith(arnPrefix) ? queues.get(arn.slice(arnPrefix.length)) : undefined;
  }

  function byName(name: string): SqsQueue {
    const queue = queues.get(name);
    if (!queue) throw noQueue();
    return queue;
  }

  function byUrl(url: string): SqsQueue {
    const [, accountId, name = ''] = /\/([^/]+)\/([^/]+)\/?$/.exec(url) ?? [];
    if (accountId !== id) throw noQueue();
    return byName(name);
  }

  function assertRedrive(attributes: QueueAttributes, fifo: boolean): void {
    const policy = readRedrivePolicy(attributes);
    if (!policy) return;
    const target = byArn(policy.targetArn);
    const refuse = (reason: string): SqsServiceError =>
      invalidParameter(
        `Value ${attributes.get('RedrivePolicy')} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
      );
    if (!target) throw refuse('Dead letter target does not exist.');
    if (target.fifo !== fifo) throw refuse('Dead-letter queue must be same type of queue as the source.');
  }

  function create(name: string, given: QueueAttributes, tags: ReadonlyMap<string, string>): SqsQueue {
    const fifo = given.get('FifoQueue') === 'true';
    assertName(name, fifo);
    const attributes = new Map([...defaultAttributes(fifo), ...given]);
    if (!fifo) attributes.delete('FifoQueue');
    const existing = queues.get(name);
    assertAttributes(fifo ? given : without(given, 'FifoQueue'), attributes, fifo);
    if (existing) {
      assertSame(existing, given);
      return existing;
    }
    if ((deletedAtMs.get(name) ?? -deletedForMs) + deletedForMs > clock.monotonicMs()) {
      throw new SqsServiceError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      );
    }
    assertRedrive(attributes, fifo);
    const queue = createQueue({ name, arn: arnPrefix + name, attributes, tags: new Map(tags) }, parts);
    queues.set(name, queue);
    return queue;
  }

  return {
    ...{ id, queues, create, byName, byUrl, byArn },
    setAttributes(queue, given) {
      const resulting = new Map([...queue.attributes, ...given]);
      if (given.has('FifoQueue')) throw invalidParameter('FifoQueue can only be set when the queue is created.');
      assertAttributes(given, resulting, queue.fifo);
      assertRedrive(resulting, queue.fifo);
      for (const [name, value] of given) {
        if (value === '') queue.attributes.delete(name);
        else queue.attributes.set(name, value);
      }
      queue.modifiedAt = Math.floor(clock.now() / 1_000);
    },
    remove(queue) {
      queues.delete(queue.name);
      deletedAtMs.set(queue.name, clock.monotonicMs());
      queue.end(noQueue());
    },
    end() {
      for (const queue of queues.values()) queue.end();
    },
  };
}

function assertName(name: string, fifo: boolean): void {
  const bare = fifo ? name.replace(/\.fifo$/, '') : name;
  if (name.length <= 80 && /^[A-Za-z0-9_-]+$/.test(bare) && name.endsWith('.fifo') === fifo) return;
  throw invalidParameter(
    fifo
      ? 'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length'
      : 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
  );
}

function assertSame(existing: SqsQueue, given: QueueAttributes): void {
  for (const [name, value] of given) {
    const there = existing.attributes.get(name) ?? (name === 'FifoQueue' ? 'false' : '');
    if (there !== value && comparable(there) !== comparable(value)) {
      throw new SqsServiceError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${name}`,
      );
    }
  }
}

/** A policy is JSON: its spaces and the order of its members are no difference. */
function comparable(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed !== 'object' || parsed === null) return value;
    const sorted = Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify(sorted.map(([key, member]) => [key, String(member)]));
  } catch {
    return value;
  }
}

function without(attributes: QueueAttributes, name: string): QueueAttributes {
  return new Map([...attributes].filter(([each]) => each !== name));
}

function noQueue(): SqsServiceError {
  return new SqsServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
}
