import type { ClientSecrets } from '../secrets/client-secrets.js';
import type { Action, RequestInput } from './action.js';
import { checkPositive } from './checks.js';
import type { Clock } from './clock.js';
import type { ContractHeaders } from './contract-fingerprint.js';
import { issuesOf, RpcError, type ErrorCode } from './errors.js';
import { ancestorsHeader, encodeAncestors, isLegalKey, keyHeader, secretsHeader } from './headers.js';
import type { Random } from './random.js';
import { bytesOf } from './json.js';
import type { Message, SendOptions, TransportError, TransportErrorCode } from './transport.js';

export interface CallOptions {
  /** The node address; by default the client's route for the action, then the action's own. */
  readonly to?: string;
  /** 30,000 by default. The call settles by then, whatever happens. */
  readonly timeoutMs?: number;
  /** Gives up: the call fails as `cancelled`, and its worker is told where the transport can. */
  readonly signal?: AbortSignal;
  /** Names the intended effect, 1 to 255 printable ASCII characters: a repeat with the same key takes effect once. */
  readonly idempotencyKey?: string;
  /** Requests with an equal key start in the order of their sends, where the transport can. */
  readonly groupKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request survives a crash of the broker; by default as its action says. */
  readonly persistent?: boolean;
  /** Where a queue exists but nobody consumes it: wait for a worker (default), or fail as `no_worker`. */
  readonly whenAbsent?: 'wait' | 'fail';
  /** For nested calls: inherit neither the deadline nor the ancestors. */
  readonly detach?: boolean;
}

/** Options of a one-way request. Without `timeoutMs` it has no deadline. */
export type OneWayOptions = Omit<CallOptions, 'whenAbsent' | 'persistent' | 'detach'>;

/** The request that a nested call is made for. */
export interface ParentCall {
  readonly id: string;
  readonly ancestors: readonly string[];
  /** When its time is up, by the monotonic clock. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** A call on its way out, as a user's middleware sees it. */
export interface OutgoingCall {
  readonly action: Action;
  readonly request: unknown;
  readonly to: string;
  readonly options: CallOptions;
  readonly parent: ParentCall | undefined;
}

/** @throws TypeError naming the action, if nothing says where it goes. */
export function destinationOf<A extends Action>(
  action: A,
  request: RequestInput<A>,
  to: string | undefined,
  routes: ReadonlyMap<string, string>,
): string {
  const own = action.to;
  const given = to ?? routes.get(action.name) ?? (typeof own === 'function' ? own(request) : own);
  return checkedDestination(action.name, given);
}

/** @throws TypeError naming the action, if there is none. */
export function checkedDestination(action: string, destination: string | undefined): string {
  if (typeof destination === 'string' && destination !== '') return destination;
  throw new TypeError(
    `expected a node address for ${action}: pass { to }, give the client a route, or the action a "to"`,
  );
}

/** The deadline that is sent: earlier than the caller's own timeout, so that the worker's "not executed" arrives in time. */
export function deadlineOf(clock: Clock, timeoutMs: number): number {
  return Math.floor(clock.now() + timeoutMs - Math.min(timeoutMs / 10, 250));
}

/** A message before its inbox is known. */
export type Draft = { -readonly [Field in keyof Message]: Message[Field] };

/** What drafts are made with. */
export interface DraftParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly maxBodyBytes: number;
  readonly secrets: ClientSecrets;
  readonly contracts: ContractHeaders;
}

/**
 * The message of a request that its schema accepts.
 * @throws RpcError `invalid_request` with every issue, or `too_large`. @throws TypeError for an illegal key or timeout.
 */
export function draftOf(
  { action, request, options, parent }: OutgoingCall,
  timeoutMs: number | undefined,
  parts: DraftParts,
): Draft {
  checkPositive(timeoutMs, 'timeoutMs');
  const secrets = parts.secrets.of(action);
  const given = secrets ? secrets.wrap(request) : request;
  const parsed = action.request.safeParse(given, secrets?.sent);
  if (!parsed.success) {
    throw new RpcError('invalid_request', 'Request validation failed', { details: { errors: issuesOf(parsed.error) } });
  }
  const body = secrets ? secrets.write(given) : JSON.stringify(given);
  // Most bodies are small, and no character takes more than three bytes.
  if (body.length * 3 > parts.maxBodyBytes && bytesOf(body) > parts.maxBodyBytes) {
    throw new RpcError('too_large', `expected a request of at most ${parts.maxBodyBytes} bytes, got ${bytesOf(body)}`);
  }
  const draft: Draft = {
    id: parts.random.uuid(),
    action: action.name,
    body,
    headers: headersOf(parts.contracts(action), options, parent, secrets?.readsReplies === true),
    persistent: options.persistent ?? action.persistent ?? false,
  };
  if (options.groupKey !== undefined) draft.groupKey = options.groupKey;
  if (timeoutMs !== undefined) draft.expiresAt = deadlineOf(parts.clock, timeoutMs);
  return draft;
}

/** What the transport is told beside the message; undefined for most calls. */
export function sendOptionsOf({ signal, whenAbsent }: CallOptions): SendOptions | undefined {
  if (!signal && whenAbsent !== 'fail') return undefined;
  return { ...(signal && { signal }), requireWorker: whenAbsent === 'fail' };
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

function headersOf(
  own: Readonly<Record<string, string>>,
  options: CallOptions,
  parent: ParentCall | undefined,
  readsSecrets: boolean,
): Readonly<Record<string, string>> {
  const { headers = noHeaders, idempotencyKey } = options;
  if (headers === noHeaders && idempotencyKey === undefined && !parent && !readsSecrets) return own;
  for (const name of Object.keys(headers)) {
    if (/^samovar-/i.test(name)) throw new TypeError(`expected headers not to start with "samovar-", got ${name}`);
  }
  if (idempotencyKey !== undefined && !isLegalKey(idempotencyKey)) {
    throw new TypeError('expected idempotencyKey to be 1 to 255 printable ASCII characters');
  }
  return {
    ...headers,
    ...own,
    ...(idempotencyKey !== undefined && { [keyHeader]: idempotencyKey }),
    ...(readsSecrets && { [secretsHeader]: '1' }),
    ...(parent && { [ancestorsHeader]: encodeAncestors([...parent.ancestors, parent.id]) }),
  };
}

const codes: Readonly<Record<TransportErrorCode, ErrorCode>> = {
  unroutable: 'unroutable',
  no_worker: 'no_worker',
  rejected: 'rejected',
  too_large: 'too_large',
  busy: 'busy',
  cancelled: 'cancelled',
  unavailable: 'unavailable',
  blocked: 'unavailable',
  closed: 'unavailable',
  setup: 'unavailable',
};

/** What a failed send means to its caller. `wasSent`: an earlier try of the same message may have arrived. */
export function rpcErrorOf(error: TransportError, message: Message, wasSent: boolean): RpcError {
  return new RpcError(codes[error.code], error.message, {
    id: message.id,
    outcome: error.sent === 'no' && !wasSent ? 'not_executed' : 'unknown',
    ...(message.expiresAt !== undefined && { deadline: message.expiresAt }),
    cause: error,
  });
}
