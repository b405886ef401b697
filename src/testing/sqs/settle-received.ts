import { invalidValue, SqsServiceError } from './errors.js';
import type { StoredMessage } from './message.js';
import type { MessageStore } from './message-store.js';
import { readReceipt } from './receipt.js';

export interface ReceivingQueue {
  readonly id: string;
  readonly fifo: boolean;
  readonly store: MessageStore;
}

const longestHoldSeconds = 43_200;

/**
 * A message that is gone already is deleted. A FIFO queue refuses a receipt whose visibility timeout is over; a
 * standard one takes the latest receipt at any time, and answers yes to older ones without deleting anything.
 */
export function deleteReceived(queue: ReceivingQueue, handle: string): void {
  const { message, latest } = find(queue, handle);
  if (!message) return;
  if (queue.fifo && !(latest && message.hold)) {
    throw expired(handle, 'ReceiptHandleIsInvalid');
  }
  if (latest) queue.store.remove(message);
}

export function changeVisibility(queue: ReceivingQueue, handle: string, forSeconds: number, nowMs: number): void {
  const { message, latest } = find(queue, handle);
  if (!message || (!latest && !queue.fifo)) {
    throw invalidValue(
      handle,
      'ReceiptHandle',
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  if (queue.fifo && !(latest && message.hold)) throw expired(handle, 'InvalidParameterValue');
  if (!message.hold) throw new SqsServiceError('MessageNotInflight', 'The specified message is not in flight.');
  if ((nowMs - message.hold.receivedAtMs) / 1_000 + forSeconds > longestHoldSeconds) {
    throw invalidValue(
      forSeconds,
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${longestHoldSeconds} seconds]`,
    );
  }
  message.hold.changed = true;
  message.hold.untilMs = nowMs + forSeconds * 1_000;
  if (forSeconds === 0) queue.store.release(message);
}

function find({ id, store }: ReceivingQueue, handle: string): { message?: StoredMessage | undefined; latest: boolean } {
  const { order, receive } = readReceipt(handle, id);
  const message = store.all.get(order);
  return { message, latest: message?.receives === receive };
}

function expired(handle: string, code: 'ReceiptHandleIsInvalid' | 'InvalidParameterValue'): SqsServiceError {
  const { message } = invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.');
  return new SqsServiceError('InvalidParameterValue', message, { code, message: 'The receipt handle has expired' });
}
