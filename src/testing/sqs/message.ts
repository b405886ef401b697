import { createHash } from 'node:crypto';
import {
  attributesMd5,
  wantedAttributes,
  writeMessageAttributes,
  type MessageAttributes,
} from './message-attributes.js';
import { writeReceipt } from './receipt.js';

/** What a sender gave. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader: string | undefined;
  readonly senderId: string;
  readonly groupId: string | undefined;
  readonly dedupId: string | undefined;
  readonly delayMs: number;
}

/** One receive of a message, while it hides the message from others. */
export interface Hold {
  readonly receivedAtMs: number;
  untilMs: number;
  /** Its visibility was changed: the receive can no longer be repeated. */
  changed: boolean;
}

export interface StoredMessage extends Omit<NewMessage, 'delayMs'> {
  readonly messageId: string;
  /** Rises with every message of its queue. */
  readonly order: number;
  readonly sequenceNumber: string | undefined;
  /** `SentTimestamp`, epoch ms. */
  readonly sentAt: number;
  /** Monotonic time that its retention counts from. */
  readonly keptSinceMs: number;
  readonly visibleFromMs: number;
  readonly sourceArn: string | undefined;
  receives: number;
  firstReceivedAt: number | undefined;
  hold: Hold | undefined;
}

export interface WantedParts {
  readonly systemAttributes: readonly string[];
  readonly attributes: readonly string[];
}

/** As ReceiveMessage returns it. */
export function writeMessage(message: StoredMessage, queueId: string, wanted: WantedParts): object {
  const attributes = wantedAttributes(message.attributes, wanted.attributes);
  const all = wanted.systemAttributes.includes('All');
  const system = Object.entries(systemAttributes(message)).filter(
    ([name, value]) => value !== undefined && (all || wanted.systemAttributes.includes(name)),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: writeReceipt({ queueId, order: message.order, receive: message.receives }),
    Body: message.body,
    MD5OfBody: md5(message.body),
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(attributes.size > 0 && {
      MessageAttributes: writeMessageAttributes(attributes),
      MD5OfMessageAttributes: attributesMd5(attributes),
    }),
  };
}

function systemAttributes(message: StoredMessage): Record<string, string | undefined> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    SequenceNumber: message.sequenceNumber,
    MessageDeduplicationId: message.dedupId,
    MessageGroupId: message.groupId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.sourceArn,
  };
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
