import { createHash } from 'node:crypto';
import { invalidParameter, SqsServiceError, wrongForQueueType } from './errors.js';
import { asFields, optionalText, optionalToken, optionalWhole, text, type Fields } from './fields.js';
import { attributeBytes, assertLegalText, readMessageAttributes } from './message-attributes.js';
import type { NewMessage } from './message.js';
import type { SqsQueue } from './queue.js';

/** A message as a sender gave it. @throws SqsServiceError for what that queue does not take. */
export function readNewMessage(fields: Fields, queue: SqsQueue, senderId: string): NewMessage {
  const body = text(fields, 'MessageBody');
  assertLegalText(body, 'the message body');
  const attributes = readMessageAttributes(fields);
  const most = Number(queue.attributes.get('MaximumMessageSize'));
  if (Buffer.byteLength(body) + attributeBytes(attributes) > most) {
    throw invalidParameter(`One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`);
  }
  return {
    ...{ body, attributes, senderId },
    groupId: groupIdOf(fields, queue),
    dedupId: dedupIdOf(fields, queue, body),
    delayMs: delaySecondsOf(fields, queue) * 1_000,
    traceHeader: traceHeaderOf(fields),
  };
}

/** What an entry counts for in the size of its batch. */
export function messageBytes(fields: Fields): number {
  return Buffer.byteLength(optionalText(fields, 'MessageBody') ?? '') + attributeBytes(readMessageAttributes(fields));
}

function groupIdOf(fields: Fields, { fifo }: SqsQueue): string | undefined {
  const groupId = optionalToken(fields, 'MessageGroupId');
  if (!fifo || groupId !== undefined) return groupId;
  throw new SqsServiceError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
}

function dedupIdOf(fields: Fields, { fifo, attributes }: SqsQueue, body: string): string | undefined {
  const dedupId = optionalToken(fields, 'MessageDeduplicationId');
  if (!fifo && dedupId !== undefined) throw wrongForQueueType(dedupId, 'MessageDeduplicationId');
  if (!fifo || dedupId !== undefined) return dedupId;
  if (attributes.get('ContentBasedDeduplication') === 'true') return createHash('sha256').update(body).digest('hex');
  throw invalidParameter(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

function delaySecondsOf(fields: Fields, { fifo, attributes }: SqsQueue): number {
  const range = { least: 0, most: 900, reason: 'DelaySeconds must be >= 0 and <= 900.' };
  const own = optionalWhole(fields, 'DelaySeconds', range);
  if (fifo && own) throw wrongForQueueType(own, 'DelaySeconds');
  return (fifo ? undefined : own) ?? Number(attributes.get('DelaySeconds'));
}

function traceHeaderOf(fields: Fields): string | undefined {
  const system = asFields(fields['MessageSystemAttributes'] ?? {});
  return system['AWSTraceHeader'] === undefined
    ? undefined
    : optionalText(asFields(system['AWSTraceHeader']), 'StringValue');
}
