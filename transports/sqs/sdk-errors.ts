import { SqsError, type SqsErrorKind } from './api.js';

/** The SDK's: none of the places where it looks for credentials has any. */
const noCredentials = 'CredentialsProviderError';

/** What SQS, and the SDK, call what went wrong (names of the query protocol too, which older endpoints use). */
const kinds: ReadonlyMap<string, SqsErrorKind> = new Map([
  ...named('no_queue', ['QueueDoesNotExist', 'NonExistentQueue']),
  ...named('stale_receipt', ['ReceiptHandleIsInvalid', 'MessageNotInflight']),
  ...named('throttled', [
    'RequestThrottled',
    'RequestThrottledException',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'OverLimit',
    'KmsThrottled',
    'SlowDown',
  ]),
  ...named('denied', [
    'AccessDenied',
    'AccessDeniedException',
    'AuthorizationError',
    noCredentials,
    'ExpiredToken',
    'ExpiredTokenException',
    'IncompleteSignature',
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'InvalidSecurity',
    'InvalidSignatureException',
    'KmsAccessDenied',
    'MissingAuthenticationToken',
    'NotAuthorized',
    'OptInRequired',
    'RequestExpired',
    'SignatureDoesNotMatch',
    'TokenRefreshRequired',
    'UnrecognizedClientException',
  ]),
  ...named('conflict', ['QueueNameExists', 'QueueAlreadyExists', 'QueueDeletedRecently']),
  ...named('unavailable', ['InternalError', 'InternalFailure', 'ServiceUnavailable', 'RequestTimeout']),
]);

/** Denied, but by credentials that may be renewed: waiting can help. */
const passing: ReadonlySet<string> = new Set([
  noCredentials,
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
]);

function named(kind: SqsErrorKind, names: readonly string[]): [string, SqsErrorKind][] {
  return names.map((name) => [name, kind]);
}

/** The same, whichever call it was that failed: `what` names the call and its queue. */
export function sqsErrorOf(what: string, error: unknown): SqsError {
  if (error instanceof SqsError) return new SqsError(error.kind, error.message, { cause: error });
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const short = shortName(name);
  return new SqsError(kindOf(short, message, metadataOf(error)?.httpStatusCode), `${what}: ${textOf(short, message)}`, {
    cause: error,
  });
}

/** Why one entry of a batch was not taken. */
export function entryErrorOf(
  what: string,
  {
    Code,
    Message = '',
    SenderFault,
  }: { Code?: string | undefined; Message?: string | undefined; SenderFault?: boolean | undefined },
): SqsError {
  const cause = Object.assign(new Error(Message), { name: Code ?? 'Error' });
  const short = shortName(cause.name);
  const kind = kindOf(short, Message, SenderFault === true ? 400 : 500);
  return new SqsError(kind, `${what}: ${textOf(short, Message)}`, { cause });
}

/** Whether it stays so until somebody changes a policy, a queue or the settings. */
export function isLasting(error: SqsError): boolean {
  const { kind } = error;
  return (kind === 'denied' && !mayPass(error)) || kind === 'refused' || kind === 'conflict';
}

/** Those of a process that has worked may come back; a start without any has a wrong set-up. */
export function hasNoCredentials({ cause }: SqsError): boolean {
  return cause instanceof Error && cause.name === noCredentials;
}

/** Credentials are renewed, and by such an answer the SDK sets its clock. */
function mayPass({ cause }: SqsError): boolean {
  if (!(cause instanceof Error)) return false;
  return passing.has(shortName(cause.name)) || metadataOf(cause)?.clockSkewCorrected === true;
}

/** It never got as far as SQS: nothing can have been done. */
export function neverLeft({ cause }: SqsError): boolean {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && notConnected.test(code);
}

/** Node's codes for a host that was not found or reached, and for one that is not who it should be. */
const notConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|ERR_TLS_CERT_\w+)$/;

/** What the SDK finds nowhere on this machine, and where it looks. */
const whereToSet: readonly (readonly [RegExp, string])[] = [
  [/^Region is missing$/, 'a region (region under sqs in a configuration file, or AWS_REGION)'],
  [
    /^CredentialsProviderError/,
    'credentials of AWS (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile in AWS_PROFILE, or a role of this machine)',
  ],
];

/** `AWS.SimpleQueueService.NonExistentQueue` is `NonExistentQueue`. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function kindOf(name: string, message: string, status: number | undefined): SqsErrorKind {
  if (/^Region (is missing|not accepted)/.test(message)) return 'refused';
  const known = kinds.get(name);
  if (known) return known;
  // A receipt that was good once is refused with the error for any wrong parameter.
  if (name === 'InvalidParameterValue' && /receipt ?handle/i.test(message)) return 'stale_receipt';
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'denied';
  return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unavailable';
}

interface Metadata {
  readonly httpStatusCode?: number;
  readonly clockSkewCorrected?: boolean;
}

function metadataOf(error: unknown): Metadata | undefined {
  return error instanceof Error && '$metadata' in error ? (error.$metadata as Metadata | undefined) : undefined;
}

function textOf(name: string, message: string): string {
  if (message === '') return name;
  // Below the first line of what SQS says to a wrong signature stand the signed headers, a session token among them.
  const [line = ''] = message.split('\n', 1);
  const text = name === 'Error' ? line : `${name}: ${line}`;
  const [, wanted] = whereToSet.find(([pattern]) => pattern.test(text)) ?? [];
  return wanted === undefined ? text : `expected ${wanted}, got: ${text}`;
}
