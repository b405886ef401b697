import type { Action } from './action.js';
import { readBatch, runBatch } from './batch.js';
import { SqsServiceError, wrongForQueueType } from './errors.js';
import { optionalToken, optionalWhole, text, texts, type Fields } from './fields.js';
import { attributesMd5 } from './message-attributes.js';
import { md5, writeMessage } from './message.js';
import { messageBytes, readNewMessage } from './new-message.js';
import type { SqsQueue } from './queue.js';

const mostBatchBytes = 1_048_576;
const longest = 43_200;
const visibility = { least: 0, most: longest, reason: `VisibilityTimeout must be an integer between 0 and ${longest}` };

function send(queue: SqsQueue, fields: Fields, senderId: string): object {
  const message = readNewMessage(fields, queue, senderId);
  const { messageId, sequenceNumber } = queue.send(message);
  return {
    MessageId: messageId,
    MD5OfMessageBody: md5(message.body),
    ...(message.attributes.size > 0 && { MD5OfMessageAttributes: attributesMd5(message.attributes) }),
    ...(queue.fifo && { SequenceNumber: sequenceNumber }),
  };
}

const sendMessageBatch: Action = (input, { account, caller }) => {
  const queue = account.byUrl(text(input, 'QueueUrl'));
  const entries = readBatch(input);
  const bytes = entries.reduce((sum, { fields }) => sum + messageBytes(fields), 0);
  if (bytes > mostBatchBytes) {
    throw new SqsServiceError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${mostBatchBytes} bytes. You have sent ${bytes} bytes.`,
    );
  }
  return runBatch(entries, (fields) => send(queue, fields, caller.senderId));
};

const receiveMessage: Action = async (input, { account }) => {
  const queue = account.byUrl(text(input, 'QueueUrl'));
  const most = { least: 1, most: 10, reason: 'Must be between 1 and 10, if provided.' };
  const wait = { least: 0, most: 20, reason: 'Must be >= 0 and <= 20, if provided.' };
  const secondsOf = (attribute: string): number => Number(queue.attributes.get(attribute));
  const messages = await queue.receive({
    most: optionalWhole(input, 'MaxNumberOfMessages', most) ?? 1,
    waitMs: (optionalWhole(input, 'WaitTimeSeconds', wait) ?? secondsOf('ReceiveMessageWaitTimeSeconds')) * 1_000,
    visibilityMs: (optionalWhole(input, 'VisibilityTimeout', visibility) ?? secondsOf('VisibilityTimeout')) * 1_000,
    attemptId: attemptIdOf(input, queue),
  });
  const wanted = {
    systemAttributes: [...texts(input, 'AttributeNames'), ...texts(input, 'MessageSystemAttributeNames')],
    attributes: texts(input, 'MessageAttributeNames'),
  };
  // No message, no list.
  return messages.length === 0 ? {} : { Messages: messages.map((each) => writeMessage(each, queue.id, wanted)) };
};

function attemptIdOf(input: Fields, { fifo }: SqsQueue): string | undefined {
  const attemptId = optionalToken(input, 'ReceiveRequestAttemptId');
  if (attemptId !== undefined && !fifo) throw wrongForQueueType(attemptId, 'ReceiveRequestAttemptId');
  return attemptId;
}

function changeVisibility(queue: SqsQueue, fields: Fields): undefined {
  const seconds = optionalWhole(fields, 'VisibilityTimeout', visibility);
  if (seconds === undefined) {
    throw new SqsServiceError('MissingParameter', 'The request must contain the parameter VisibilityTimeout.');
  }
  queue.changeVisibility(text(fields, 'ReceiptHandle'), seconds);
}

function remove(queue: SqsQueue, fields: Fields): undefined {
  queue.delete(text(fields, 'ReceiptHandle'));
}

/** The calls about messages. */
export const messageActions: Readonly<Record<string, Action>> = {
  SendMessage: (input, { account, caller }) => send(account.byUrl(text(input, 'QueueUrl')), input, caller.senderId),
  SendMessageBatch: sendMessageBatch,
  ReceiveMessage: receiveMessage,
  DeleteMessage: single(remove),
  DeleteMessageBatch: batched(remove),
  ChangeMessageVisibility: single(changeVisibility),
  ChangeMessageVisibilityBatch: batched(changeVisibility),
};

function single(work: (queue: SqsQueue, fields: Fields) => undefined): Action {
  return (input, { account }) => {
    work(account.byUrl(text(input, 'QueueUrl')), input);
    return {};
  };
}

function batched(work: (queue: SqsQueue, fields: Fields) => undefined): Action {
  return (input, { account }) => {
    const queue = account.byUrl(text(input, 'QueueUrl'));
    return runBatch(readBatch(input), (fields) => work(queue, fields));
  };
}
