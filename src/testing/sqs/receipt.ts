import { SqsServiceError } from './errors.js';

/** What a receipt handle stands for: one receive of one message. */
export interface Receipt {
  readonly queueId: string;
  readonly order: number;
  readonly receive: number;
}

const mark = 'AQEB';

export function writeReceipt({ queueId, order, receive }: Receipt): string {
  return mark + Buffer.from(`${queueId}/${order}/${receive}`).toString('base64');
}

/** @throws SqsServiceError ReceiptHandleIsInvalid for what is no receipt of that queue. */
export function readReceipt(handle: string, queueId: string): Receipt {
  const parts = Buffer.from(handle.slice(mark.length), 'base64').toString().split('/');
  const receipt = { queueId: parts[0] ?? '', order: Number(parts[1]), receive: Number(parts[2]) };
  if (writeReceipt(receipt) !== handle) {
    throw new SqsServiceError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    );
  }
  if (receipt.queueId !== queueId) {
    throw new SqsServiceError('ReceiptHandleIsInvalid', `The receipt handle "${handle}" is not valid for this queue.`);
  }
  return receipt;
}
