import type { Action } from '../core/action.js';
import type { Answer, Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import { RpcError } from '../core/errors.js';
import { secretsHeader } from '../core/headers.js';
import type { Layer } from '../core/pipeline.js';
import { isRecord } from '../core/reply.js';
import { createCallSecrets } from '../secrets/call-secrets.js';
import type { Keyring } from '../secrets/keyring.js';
import { revealing } from '../secrets/sealing.js';
import { surveyOf } from '../secrets/survey.js';

/** The keys of a worker, and what it takes without them. */
export interface WorkerSecrets {
  readonly keyring: Keyring;
  readonly allowsPlain: boolean;
}

/**
 * Opens the secrets of a request where it is parsed, and has those of its answer written as tokens: so they are recorded,
 * and shared. Only a caller that cannot read tokens is given what they say.
 */
export function secrets(action: Action, { keyring, allowsPlain }: WorkerSecrets): Layer<Call, Result> {
  const newSecrets = createCallSecrets(keyring, allowsPlain);
  const answersSecrets = surveyOf(action).reply.length > 0;
  return (next) => async (call) => {
    call.secrets = newSecrets();
    const result = await next(call);
    const { answer } = result;
    if (!answersSecrets || !answer || !call.isAnswerable || call.message.headers[secretsHeader] === '1') return result;
    return { ...result, answer: opened(answer, call) };
  };
}

function opened({ body, error }: Answer, call: Call): Answer {
  const { action } = call.handler;
  const reply = JSON.parse(body) as Record<string, unknown>;
  const failure = isRecord(reply['error']) ? reply['error'] : undefined;
  const name = failure?.['name'];
  const declared = typeof name === 'string' && Object.hasOwn(action.errors, name) ? action.errors[name] : undefined;
  const schema = reply['success'] === true ? action.response : declared;
  if (!schema) return { body, ...(error && { error }) };
  const holder = declared && failure ? failure : reply;
  const parsed = schema.safeParse(holder['data'], call.secrets?.received);
  if (!parsed.success) {
    const message = 'the answer was recorded with a key that this worker has no more';
    throw new RpcError('internal', message, { id: call.id, outcome: 'executed' });
  }
  holder['data'] = parsed.data;
  return { body: JSON.stringify(reply, revealing), ...(error && { error }) };
}
