import type { Clock } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import { createDeduplication, type SentBefore } from './deduplication.js';
import type { NewMessage, StoredMessage } from './message.js';
import { createMessageStore, type MessageStore } from './message-store.js';
import { createPolls } from './polls.js';
import { createReceiving, type ReceiveOptions } from './receiving.js';
import { deleteReceived, changeVisibility } from './settle-received.js';

export interface SqsLimits {
  /** Messages of one queue that may be in flight; 120,000 on AWS. */
  readonly inFlight: number;
  /** How many messages from the front of a FIFO queue are looked at for groups; 120,000 on AWS. */
  readonly groupWindow: number;
}

export interface QueueParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: SqsLimits;
  /** How likely a standard queue delivers a message twice, from 0 to 1. */
  readonly duplicateRate: number;
  readonly findByArn: (arn: string) => SqsQueue | undefined;
}

export interface SqsQueue {
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly attributes: Map<string, string>;
  readonly tags: Map<string, string>;
  /** Epoch seconds. */
  readonly createdAt: number;
  modifiedAt: number;
  purgedAtMs: number | undefined;
  readonly messages: MessageStore;
  send(message: NewMessage): SentBefore;
  /** Takes a message over from the queue with that ARN. */
  adopt(message: StoredMessage, sourceArn: string): void;
  receive(options: ReceiveOptions & { readonly waitMs: number }): Promise<StoredMessage[]>;
  delete(handle: string): void;
  changeVisibility(handle: string, seconds: number): void;
  purge(): void;
  /** Brings it up to now. */
  settle(): void;
  /** Ends the receives that wait. */
  end(error?: Error): void;
}

export type QueueIdentity = Pick<SqsQueue, 'name' | 'arn' | 'attributes' | 'tags'>;

export function createQueue({ name, arn, attributes, tags }: QueueIdentity, parts: QueueParts): SqsQueue {
  const { clock, random, limits } = parts;
  const fifo = attributes.get('FifoQueue') === 'true';
  const id = random.uuid();
  const store = createMessageStore();
  const sent = createDeduplication();
  const polls = createPolls(clock, () => store.nextVisibleMs());
  const createdAt = Math.floor(clock.now() / 1_000);
  // AWS says of a FIFO queue only that it answers without an error: at once is the worst a poll can meet.
  const isFull = (): boolean => store.inFlight.size >= limits.inFlight;
  const receiveNow = createReceiving({ ...parts, arn, fifo, attributes, store, settle });
  let lastOrder = 0;

  const seconds = (attribute: string): number => Number(attributes.get(attribute));

  function settle(): void {
    store.settle(clock.monotonicMs(), seconds('MessageRetentionPeriod') * 1_000);
  }

  function put(message: NewMessage | StoredMessage, more: Partial<StoredMessage>, delayMs: number): StoredMessage {
    const order = (lastOrder += 1);
    const nowMs = clock.monotonicMs();
    const stored: StoredMessage = {
      ...{ messageId: random.uuid(), sentAt: Math.floor(clock.now()), sourceArn: undefined, receives: 0 },
      ...{ body: message.body, attributes: message.attributes, traceHeader: message.traceHeader },
      ...{ senderId: message.senderId, groupId: message.groupId, dedupId: message.dedupId },
      ...{ keptSinceMs: nowMs, firstReceivedAt: undefined },
      ...more,
      ...{ order, visibleFromMs: nowMs + delayMs, hold: undefined },
      // 20 digits that rise with gaps, as those of AWS.
      sequenceNumber: fifo ? String(18_850_000_000_000_000_000n + BigInt(order) * 256n) : undefined,
    };
    store.add(stored);
    return stored;
  }

  function dedupKey({ groupId, dedupId }: NewMessage): string | undefined {
    if (dedupId === undefined) return undefined;
    return attributes.get('DeduplicationScope') === 'messageGroup' ? `${groupId} ${dedupId}` : dedupId;
  }

  function send(message: NewMessage): SentBefore {
    const key = fifo ? dedupKey(message) : undefined;
    const before = key === undefined ? undefined : sent.find(key, clock.monotonicMs());
    if (before) return before;
    const stored = put(message, {}, message.delayMs);
    if (!fifo && random.unit() < parts.duplicateRate) put(message, { messageId: stored.messageId }, message.delayMs);
    const { messageId, sequenceNumber } = stored;
    if (key !== undefined) sent.remember(key, { messageId, sequenceNumber }, clock.monotonicMs());
    polls.wake();
    return stored;
  }

  function adopt(message: StoredMessage, sourceArn: string): void {
    // The retention of a FIFO queue starts anew, that of a standard queue counts from the first send.
    const keptSinceMs = fifo ? clock.monotonicMs() : message.keptSinceMs;
    put(message, { ...message, sourceArn, keptSinceMs }, 0);
    polls.wake();
  }

  return {
    ...{ id, name, arn, fifo, attributes, tags, createdAt, modifiedAt: createdAt, purgedAtMs: undefined },
    messages: store,
    send,
    adopt,
    async receive(options) {
      const messages = receiveNow(options);
      if (messages.length > 0 || options.waitMs === 0 || isFull()) return messages;
      return polls.wait(options.waitMs, () => receiveNow(options));
    },
    delete(handle) {
      settle();
      deleteReceived({ id, fifo, store }, handle);
      polls.wake();
    },
    changeVisibility(handle, forSeconds) {
      settle();
      changeVisibility({ id, fifo, store }, handle, forSeconds, clock.monotonicMs());
      polls.wake();
    },
    purge: () => store.clear(),
    settle,
    end: (error) => polls.end(error),
  };
}
