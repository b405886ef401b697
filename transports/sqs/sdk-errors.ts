import { SqsError, type SqsErrorKind } from './api.js';

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
    'CredentialsProviderError',
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
  'CredentialsProviderError',
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
  return new SqsError(kindOf(short, message, statusOf(error)), `${what}: ${textOf(short, message)}`, { cause: error });
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

/** Whether what was denied may be allowed later without anybody changing a policy. */
export function mayPass({ cause }: SqsError): boolean {
  return cause instanceof Error && passing.has(shortName(cause.name));
}

/** It never got as far as SQS: nothing can have been done. */
export function neverLeft({ cause }: SqsError): boolean {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return (
    typeof code === 'string' && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)
  );
}

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
  if (message === 'Region is missing') return 'refused';
  const known = kinds.get(name);
  if (known) return known;
  // A receipt that was good once is refused with the error for any wrong parameter.
  if (name === 'InvalidParameterValue' && /receipt ?handle/i.test(message)) return 'stale_receipt';
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'denied';
  return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unavailable';
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode;
}

function textOf(name: string, message: string): string {
  if (message === '') return name;
  const text = name === 'Error' ? message : `${name}: ${message}`;
  const [, wanted] = whereToSet.find(([pattern]) => pattern.test(text)) ?? [];
  return wanted === undefined ? text : `expected ${wanted}, got: ${text}`;
}
