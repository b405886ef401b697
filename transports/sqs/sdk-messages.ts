import type { Message as SdkMessage, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { ReceivedMessage, SendEntry } from './api.js';
import type { Mutable } from './wire.js';

/** One entry of a batch, named by its place in it. */
export function entryOf(
  { body, attributes, groupId, dedupId }: SendEntry,
  index: number,
): SendMessageBatchRequestEntry {
  const entry: SendMessageBatchRequestEntry = { Id: String(index), MessageBody: body };
  const names = Object.keys(attributes);
  if (names.length > 0) {
    entry.MessageAttributes = Object.fromEntries(
      names.map((name) => [name, { DataType: 'String', StringValue: attributes[name] }]),
    );
  }
  if (groupId !== undefined) entry.MessageGroupId = groupId;
  if (dedupId !== undefined) entry.MessageDeduplicationId = dedupId;
  return entry;
}

export function receivedOf({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
  MessageAttributes,
}: SdkMessage): ReceivedMessage {
  const given = Attributes ?? {};
  const received: Mutable<ReceivedMessage> = {
    messageId: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body: Body ?? '',
    attributes: attributesOf(MessageAttributes),
    receiveCount: Number(given.ApproximateReceiveCount ?? 1),
    sentAt: Number(given.SentTimestamp ?? 0),
  };
  if (given.MessageGroupId !== undefined) received.groupId = given.MessageGroupId;
  if (given.SenderId !== undefined) received.senderId = given.SenderId;
  return received;
}

function attributesOf(attributes: SdkMessage['MessageAttributes']): Record<string, string> {
  const texts: [string, string][] = [];
  for (const [name, { StringValue }] of Object.entries(attributes ?? {})) {
    if (StringValue !== undefined) texts.push([name, StringValue]);
  }
  return Object.fromEntries(texts);
}
