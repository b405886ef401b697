import { acrossCopies } from './copies.js';

/** What a failed call tells its caller about the effect. */
export type Outcome = 'executed' | 'not_executed' | 'unknown';

/** The closed set of codes, each with the outcome it always has; 'given' where the place that fails knows better. */
const outcomes = {
  invalid_request: 'not_executed',
  not_encrypted: 'not_executed',
  too_large: 'not_executed',
  unknown_action: 'not_executed',
  forbidden: 'not_executed',
  key_mismatch: 'not_executed',
  deadlock: 'not_executed',
  unroutable: 'not_executed',
  no_worker: 'not_executed',
  rejected: 'not_executed',
  invalid_reply: 'executed',
  poisoned: 'unknown',
  crashed: 'unknown',
  busy: 'given',
  failed: 'given',
  internal: 'given',
  deadline_exceeded: 'given',
  cancelled: 'given',
  unavailable: 'given',
} as const satisfies Record<string, Outcome | 'given'>;

export type ErrorCode = keyof typeof outcomes;

export const errorCodes = Object.keys(outcomes) as readonly ErrorCode[];

const retryableCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'busy',
  'unroutable',
  'no_worker',
  'rejected',
  'unavailable',
]);

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(outcomes, code);
}

/** True where the place that fails decides over the outcome. */
export function isOutcomeGiven(code: ErrorCode): boolean {
  return outcomes[code] === 'given';
}

export interface RpcErrorOptions {
  /** Needed for the codes whose outcome depends on where they arise; 'unknown' when left out there. */
  readonly outcome?: Outcome;
  /** The request's message id: what to search for in the worker's log. */
  readonly id?: string;
  /** What else is known; travels to the caller. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** With `failed`: which of the action's declared errors, and its data. */
  readonly declared?: DeclaredError;
  /** When the caller stopped waiting, in epoch milliseconds. */
  readonly deadline?: number;
  /** For the log; never travels. */
  readonly cause?: unknown;
}

export interface DeclaredError {
  readonly name: string;
  readonly data: unknown;
}

/** The only error that a caller sees: one closed set of codes, and what became of the effect. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  /** The same request may be sent again: it did not run, and the reason passes. */
  readonly retryable: boolean;
  readonly id: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly declared: DeclaredError | undefined;
  readonly deadline: number | undefined;

  constructor(code: ErrorCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const fixed = outcomes[code];
    this.code = code;
    this.outcome = fixed === 'given' ? (options.outcome ?? 'unknown') : fixed;
    this.retryable = this.outcome === 'not_executed' && retryableCodes.has(code);
    this.id = options.id;
    this.details = options.details;
    this.declared = options.declared;
    this.deadline = options.deadline;
  }

  static {
    acrossCopies(this, 'RpcError');
  }
}

/** One thing that is wrong with a request, as existing callers read it. */
export interface Issue {
  readonly location: readonly (string | number)[];
  readonly message: string;
  readonly type: string;
}

interface ZodIssues {
  readonly issues: readonly {
    readonly path: readonly PropertyKey[];
    readonly message: string;
    readonly code: string;
  }[];
}

/** An answer that tells every mistake of a hostile request could not be sent, or would be larger than what it answers. */
const mostIssues = 1_000;
const longestIssues = 65_536;
const longestMessage = 1_000;

/** zod's issues in the form that travels; zod 4 keeps the rejected value out of them. */
export function issuesOf({ issues }: ZodIssues): Issue[] {
  const told: Issue[] = [];
  let length = 0;
  for (const { path, message: whole, code } of issues) {
    const message = whole.length > longestMessage ? `${whole.slice(0, longestMessage)}…` : whole;
    const location = path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    length += message.length + location.reduce<number>((sum, part) => sum + String(part).length, 0);
    if (told.length >= mostIssues || length > longestIssues) {
      told.push({ location: [], message: `and ${issues.length - told.length} more`, type: 'too_many_issues' });
      break;
    }
    told.push({ location, message, type: code });
  }
  return told;
}

export function invalidRequest(id: string, errors: readonly Issue[]): RpcError {
  return new RpcError('invalid_request', 'Request validation failed', { id, details: { errors } });
}
