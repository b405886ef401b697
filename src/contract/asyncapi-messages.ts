import { errorCodes } from '../core/errors.js';
import { messageBindings } from './asyncapi-bindings.js';
import { payloadOf } from './asyncapi-payload.js';
import { reference } from './asyncapi-reference.js';
import type { ActionContract, PartContract } from './contract.js';
import type { JsonSchema } from './json-schema.js';
import { replaceSecrets } from './secret-values.js';
import { exampleToken } from './wire-schema.js';

type Value = Readonly<Record<string, unknown>>;

const text = (description: string): JsonSchema => ({ type: 'string', description });

/** Named as in this document: AMQP has them as properties and headers, SQS as attributes. */
export const requestHeaders: JsonSchema = {
  type: 'object',
  properties: {
    replyTo: text('Where the reply goes. AMQP: `reply_to`, a queue; SQS: `reply-to`, the name of a standard queue.'),
    correlationId: text('Copied to the reply. AMQP: `correlation_id`; SQS: `correlation-id`.'),
    messageId: text('Names this request; the same when it is sent again. AMQP: `message_id`; SQS: `id`.'),
    deadline: text('When the caller stops waiting, in epoch milliseconds. AMQP: `samovar-deadline`; SQS: `deadline`.'),
    idempotencyKey: text(
      'Requests with one key take effect once. AMQP: `samovar-idempotency-key`; SQS: `idempotency-key`.',
    ),
  },
};

export const replyHeaders: JsonSchema = {
  type: 'object',
  properties: { correlationId: text('That of the request. AMQP: `correlation_id`; SQS: `correlation-id`.') },
  required: ['correlationId'],
};

const outcome: JsonSchema = {
  type: 'string',
  enum: ['executed', 'not_executed', 'unknown'],
  description: 'What became of the effect.',
};

/** Any failure but a declared one. */
export const failureSchema: JsonSchema = envelope(
  false,
  { type: 'null' },
  {
    type: 'object',
    properties: {
      code: { type: 'string', enum: errorCodes.filter((code) => code !== 'failed') },
      outcome,
      retryable: { type: 'boolean', description: 'It did not run, and the reason passes.' },
      id: text("What to search for in the worker's log."),
      details: { type: 'object', description: '`errors` lists what is wrong with a request.' },
    },
    required: ['code', 'outcome', 'retryable', 'id'],
  },
);

export interface ActionMessages {
  readonly request: Value;
  /** By their names: `success`, `failure` and one for each declared error. */
  readonly replies: Readonly<Record<string, Value>>;
}

export function messagesOf(action: ActionContract): ActionMessages {
  const { name, summary, request, response, errors } = action;
  const place = (message: string) => reference('channels', `${name}/replies`, 'messages', message, 'payload');
  const success = `${place('success')}/properties/data`;
  return {
    request: {
      name: `${name}.request`,
      title: `Request of ${name}`,
      summary,
      ...headersAndBindings('requestHeaders', name),
      payload: payloadOf(request.schema, reference('channels', name, 'messages', 'request', 'payload')),
      ...examplesOf(request, (payload) => payload),
    },
    replies: {
      success: {
        name: `${name}.success`,
        title: `Reply of ${name}`,
        ...headersAndBindings('replyHeaders'),
        payload: envelope(true, payloadOf(response.schema, success)),
        ...examplesOf(response, (data) => ({ success: true, message: 'Done', data })),
      },
      ...Object.fromEntries(
        errors.map((error) => {
          const key = `error.${error.name}`;
          const data = payloadOf(error.schema, `${place(key)}/properties/error/properties/data`);
          return [key, declaredError(name, error, data)];
        }),
      ),
      failure: {
        name: `${name}.failure`,
        title: `Failure of ${name}`,
        summary: 'It did not run, or it is not known what became of it; the same for all actions.',
        ...headersAndBindings('replyHeaders'),
        payload: { $ref: reference('components', 'schemas', 'failure') },
      },
    },
  };
}

function declaredError(action: string, error: ActionContract['errors'][number], data: JsonSchema): Value {
  const { name } = error;
  const fixed = { code: 'failed', outcome: 'executed', retryable: false, id: 'a1' };
  return {
    name: `${action}.error.${name}`,
    title: `Error ${name} of ${action}`,
    ...headersAndBindings('replyHeaders'),
    payload: envelope(
      false,
      { type: 'null' },
      {
        type: 'object',
        properties: {
          code: { const: 'failed' },
          outcome,
          retryable: { type: 'boolean' },
          id: { type: 'string' },
          name: { const: name },
          data,
        },
        required: ['code', 'outcome', 'retryable', 'id', 'name', 'data'],
      },
    ),
    ...examplesOf(error, (payload) => ({
      success: false,
      message: `failed: ${name}`,
      data: null,
      error: { ...fixed, name, data: payload },
    })),
  };
}

function envelope(isSuccess: boolean, data: JsonSchema, error?: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      success: { const: isSuccess },
      message: text('A short English sentence for people.'),
      data,
      ...(error && { error }),
    },
    required: ['success', 'message', 'data', ...(error ? ['error'] : [])],
  };
}

function headersAndBindings(headers: 'requestHeaders' | 'replyHeaders', type?: string): Value {
  return {
    headers: { $ref: reference('components', 'schemas', headers) },
    correlationId: { location: '$message.header#/correlationId' },
    contentType: 'application/json',
    bindings: messageBindings(type),
  };
}

function examplesOf({ schema, example }: PartContract, payloadOfExample: (example: unknown) => unknown): Value {
  if (example === undefined) return {};
  const sent = replaceSecrets(schema, example, () => exampleToken);
  return { examples: [{ payload: payloadOfExample(sent) }] };
}
