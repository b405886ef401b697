import { createHash } from 'node:crypto';
import { delay, type Clock } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import type { Account } from './account.js';
import type { Action, Caller } from './action.js';
import { queueNameOf, type SqsCall } from './call.js';
import { SqsServiceError, wireError } from './errors.js';
import { faulty, withoutSome } from './fault-effects.js';
import { errorOf, type Faults } from './faults.js';
import { asFields, type Fields } from './fields.js';
import { messageActions } from './message-actions.js';
import { queueActions } from './queue-actions.js';

/** An HTTP request, however it came. */
export interface ServiceRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly baseUrl: string;
}

export type ServiceAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** It breaks off half-way. */
      readonly truncated: boolean;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

export interface ServiceParts {
  readonly account: Account;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly random: Random;
  /** The access keys that are let in; any, if left out. */
  readonly accessKeyIds: readonly string[] | undefined;
  readonly record: (call: SqsCall) => void;
}

const actions: ReadonlyMap<string, Action> = new Map(Object.entries({ ...queueActions, ...messageActions }));

/** The AWS JSON 1.0 protocol: one request to one answer. */
export function createService(parts: ServiceParts): (request: ServiceRequest) => Promise<ServiceAnswer> {
  const { account, clock, faults, random } = parts;

  async function handle(request: ServiceRequest): Promise<ServiceAnswer> {
    const accessKeyId = accessKeyOf(request);
    const action = (request.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, '');
    const input = inputOf(request.body);
    const seen = { action, queue: queueNameOf(input), input, accessKeyId, at: clock.now() };
    const call = { ...seen, fault: undefined, outcome: 'pending' } as {
      -readonly [Key in keyof SqsCall]: SqsCall[Key];
    };
    call.fault = faults.next(call);
    parts.record(call);
    try {
      const answer = await underFault(call, {
        accessKeyId,
        senderId: senderIdOf(accessKeyId),
        baseUrl: request.baseUrl,
      });
      call.outcome = answer.kind === 'answer' ? 'ok' : 'lost';
      return answer;
    } catch (error) {
      call.outcome = asServiceError(error).code;
      throw error;
    }
  }

  async function underFault({ action, input, fault }: SqsCall, caller: Caller): Promise<ServiceAnswer> {
    const error = errorOf(fault);
    if (error) throw new SqsServiceError(error, `The emulator was told to answer ${error}.`);
    if (fault === 'reset before') return { kind: 'reset' };
    if (fault === 'hang') return { kind: 'silence' };
    if (typeof fault === 'object' && 'delayMs' in fault) await delay(clock, fault.delayMs);
    if (fault === 'partial failure') {
      const { kept, failed } = withoutSome(input, random);
      const result = kept === undefined ? { Successful: [] } : await run(action, kept, caller);
      return answerOf(200, { Failed: [], ...result, ...failedToo(result, failed) });
    }
    const result = await run(action, input, caller);
    if (fault === 'reset after') return { kind: 'reset' };
    if (fault === 'hang after') return { kind: 'silence' };
    return answerOf(200, faulty(result, fault), fault === 'truncated body');
  }

  async function run(name: string, input: Fields, caller: Caller): Promise<object> {
    const action = actions.get(name);
    if (!action)
      throw new SqsServiceError('UnknownOperation', `expected an action that the emulator knows, got '${name}'`);
    return action(input, { account, caller, clock });
  }

  function accessKeyOf({ headers }: ServiceRequest): string {
    const [, accessKeyId] = /Credential=([^/,\s]+)\//.exec(headers['authorization'] ?? '') ?? [];
    if (accessKeyId === undefined) {
      throw new SqsServiceError('MissingAuthenticationToken', 'Request is missing Authentication Token');
    }
    if (parts.accessKeyIds && !parts.accessKeyIds.includes(accessKeyId)) {
      throw new SqsServiceError('InvalidClientTokenId', 'The security token included in the request is invalid.');
    }
    return accessKeyId;
  }

  function answerOf(status: number, body: object, truncated = false): ServiceAnswer {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': random.uuid() };
    return { kind: 'answer', status, headers, body: JSON.stringify(body), truncated };
  }

  function errorAnswer(error: unknown): ServiceAnswer {
    const { code, message } = asServiceError(error);
    const { status, type, queryError } = wireError(code);
    const answer = answerOf(status, { __type: type, message });
    return answer.kind === 'answer'
      ? { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': queryError } }
      : answer;
  }

  return (request) => handle(request).catch(errorAnswer);
}

/** Who SQS says the sender was: an id of AWS, and after the colon the name of the session. */
export function senderIdOf(accessKeyId: string): string {
  const id = createHash('sha256').update(accessKeyId).digest('hex').slice(0, 17).toUpperCase();
  return `AIDA${id}:${accessKeyId}`;
}

function inputOf(body: string): Fields {
  try {
    return asFields(JSON.parse(body === '' ? '{}' : body));
  } catch {
    throw new SqsServiceError('SerializationException', 'expected a JSON object as the body of the request');
  }
}

function failedToo(result: object, failed: readonly object[]): object {
  const others = (result as { Failed?: readonly object[] }).Failed ?? [];
  return { Failed: [...others, ...failed] };
}

function asServiceError(error: unknown): SqsServiceError {
  if (error instanceof SqsServiceError) return error;
  return new SqsServiceError('InternalFailure', `The emulator itself failed: ${String(error)}`);
}
