/**
 * The calls of SQS that this transport makes. Each is made once, with a time limit; whoever calls decides what a
 * failure means and whether to try again.
 */
export interface SqsApi {
  /** Up to `max` messages, waiting for the first up to `waitMs`. The same `attemptId` gives the same messages again. */
  receive(queueUrl: string, options: ReceiveOptions): Promise<readonly ReceivedMessage[]>;
  sendBatch(queueUrl: string, entries: readonly SendEntry[]): Promise<readonly EntryOutcome[]>;
  deleteBatch(queueUrl: string, receipts: readonly string[]): Promise<readonly EntryOutcome[]>;
  changeVisibilityBatch(queueUrl: string, entries: readonly VisibilityEntry[]): Promise<readonly EntryOutcome[]>;
  /** Undefined where there is no such queue. */
  queueUrl(name: string): Promise<string | undefined>;
  createQueue(name: string, attributes: Attributes, tags?: Attributes): Promise<string>;
  queueAttributes(queueUrl: string): Promise<Attributes>;
  listQueues(prefix: string): Promise<readonly string[]>;
  tagQueue(queueUrl: string, tags: Attributes): Promise<void>;
  queueTags(queueUrl: string): Promise<Attributes>;
  deleteQueue(queueUrl: string): Promise<void>;
  /** Ends what is under way. */
  close(): void;
}

export type Attributes = Readonly<Record<string, string>>;

export interface ReceiveOptions {
  readonly max: number;
  readonly waitMs: number;
  readonly visibilityMs: number;
  /** FIFO queues only. */
  readonly attemptId?: string;
  /** Ends it at once. */
  readonly signal?: AbortSignal;
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receipt: string;
  readonly body: string;
  /** Message attributes of type String (or Number, as text); others are left out. */
  readonly attributes: Attributes;
  /** `ApproximateReceiveCount`. */
  readonly receiveCount: number;
  /** `SentTimestamp`, epoch ms. */
  readonly sentAt: number;
  readonly groupId?: string;
  readonly senderId?: string;
}

export interface SendEntry {
  readonly body: string;
  readonly attributes: Attributes;
  readonly groupId?: string;
  readonly dedupId?: string;
}

export interface VisibilityEntry {
  readonly receipt: string;
  readonly visibilityMs: number;
}

/** What became of one entry of a batch, in the order of the entries. */
export type EntryOutcome = { readonly ok: true } | { readonly ok: false; readonly error: SqsError };

export type SqsErrorKind =
  /** No such queue. */
  | 'no_queue'
  /** The receipt is not (or no longer) good for this: the message is somebody else's now, or is gone. */
  | 'stale_receipt'
  /** Too many requests, or too many messages in flight. */
  | 'throttled'
  /** No answer, a broken one, or an error of the service: nobody knows whether it was done. */
  | 'unavailable'
  /** The credentials are missing, wrong or expired, or may not do this. */
  | 'denied'
  /** The queue exists with other attributes, or was deleted less than a minute ago. */
  | 'conflict'
  /** SQS refuses this request itself: trying again cannot help. */
  | 'refused';

/** A failed call of SQS. Its message names the call, the queue and what SQS said, and never a credential. */
export class SqsError extends Error {
  override readonly name = 'SqsError';
  readonly kind: SqsErrorKind;

  constructor(kind: SqsErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
