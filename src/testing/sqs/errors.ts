/** What SQS calls its errors, with their HTTP status and the code that `x-amzn-query-error` gives them. */
const known = {
  AccessDenied: coral(403, 'AccessDeniedException'),
  BatchEntryIdsNotDistinct: sqs(400),
  BatchRequestTooLong: sqs(400),
  EmptyBatchRequest: sqs(400),
  ExpiredToken: coral(403, 'ExpiredTokenException'),
  InternalFailure: coral(500, 'InternalFailure'),
  InvalidAddress: plain(404),
  InvalidAttributeName: plain(400),
  InvalidAttributeValue: plain(400),
  InvalidBatchEntryId: sqs(400),
  InvalidClientTokenId: coral(403, 'UnrecognizedClientException'),
  InvalidMessageContents: plain(400),
  InvalidParameterValue: coral(400, 'InvalidParameterValueException'),
  InvalidSecurity: plain(403),
  MessageNotInflight: sqs(400),
  MissingAuthenticationToken: coral(403, 'MissingAuthenticationTokenException'),
  MissingParameter: coral(400, 'MissingRequiredParameterException'),
  OverLimit: plain(403),
  PurgeQueueInProgress: sqs(403),
  QueueDeletedRecently: sqs(400),
  QueueDoesNotExist: { ...sqs(400), query: 'AWS.SimpleQueueService.NonExistentQueue' },
  QueueNameExists: { ...plain(400), query: 'QueueAlreadyExists' },
  ReceiptHandleIsInvalid: plain(404),
  RequestThrottled: plain(403),
  SerializationException: coral(400, 'SerializationException'),
  ServiceUnavailable: coral(503, 'ServiceUnavailableException'),
  ThrottlingException: { ...coral(400, 'ThrottlingException'), query: 'Throttling' },
  TooManyEntriesInBatchRequest: sqs(400),
  UnknownOperation: coral(400, 'UnknownOperationException'),
  UnsupportedOperation: sqs(400),
} as const satisfies Record<string, Known>;

interface Known {
  readonly status: number;
  /** The last part of `__type`, where it is not the code. */
  readonly type?: string;
  readonly namespace: string;
  /** What stands before the code in `x-amzn-query-error`, or all of it. */
  readonly queryPrefix?: string;
  readonly query?: string;
}

function sqs(status: number): Known {
  return { status, namespace: 'com.amazonaws.sqs', queryPrefix: 'AWS.SimpleQueueService.' };
}

function plain(status: number): Known {
  return { status, namespace: 'com.amazonaws.sqs' };
}

function coral(status: number, type: string): Known {
  return { status, namespace: 'com.amazon.coral.service', type };
}

/** The errors of SQS that the emulator knows, by the names that its API reference gives them. */
export type SqsErrorCode = keyof typeof known;

/** An answer of SQS that is an error. */
export class SqsServiceError extends Error {
  override readonly name = 'SqsServiceError';
  readonly code: SqsErrorCode;
  /** What an entry of a batch says instead, where that differs. */
  readonly inBatch: { readonly code: SqsErrorCode; readonly message: string };

  constructor(code: SqsErrorCode, message: string, inBatch?: { code: SqsErrorCode; message: string }) {
    super(message);
    this.code = code;
    this.inBatch = inBatch ?? { code, message };
  }
}

export interface WireError {
  readonly status: number;
  readonly type: string;
  readonly queryError: string;
}

/** How an error looks on the wire (SQS developer guide, "Interpreting Amazon SQS JSON API responses"). */
export function wireError(code: SqsErrorCode): WireError {
  const { status, namespace, type, query, queryPrefix = '' }: Known = known[code];
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return { status, type: `${namespace}#${type ?? code}`, queryError: `${query ?? queryPrefix + code};${fault}` };
}

export function invalidParameter(message: string): SqsServiceError {
  return new SqsServiceError('InvalidParameterValue', message);
}

export function invalidValue(value: unknown, parameter: string, reason: string): SqsServiceError {
  return invalidParameter(`Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`);
}

export function wrongForQueueType(value: unknown, parameter: string): SqsServiceError {
  return invalidValue(value, parameter, 'The request include parameter that is not valid for this queue type.');
}
