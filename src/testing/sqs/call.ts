import type { SqsErrorCode } from './errors.js';
import type { Fields } from './fields.js';
import type { SqsFaultEffect } from './faults.js';

/** One call of the API, as the emulator saw it. */
export interface SqsCall {
  /** `SendMessageBatch`, `ReceiveMessage`, ... */
  readonly action: string;
  /** The name of the queue it is about, if it is about one. */
  readonly queue: string | undefined;
  /** Its parameters, as they came. */
  readonly input: Fields;
  readonly accessKeyId: string;
  /** When it came, epoch ms. */
  readonly at: number;
  /** The fault that was put in its way. */
  readonly fault: SqsFaultEffect | undefined;
  /** What became of it. 'lost': no answer was given, whether it was done or not. */
  readonly outcome: 'pending' | 'ok' | 'lost' | SqsErrorCode;
}

export function queueNameOf(input: Fields): string | undefined {
  const { QueueName: name, QueueUrl: url } = input;
  if (typeof name === 'string') return name;
  return typeof url === 'string' ? url.split('/').pop() : undefined;
}
