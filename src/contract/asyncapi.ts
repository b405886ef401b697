import { channelBindings, operationBindings } from './asyncapi-bindings.js';
import { failureSchema, messagesOf, replyHeaders, requestHeaders } from './asyncapi-messages.js';
import { markdown } from './asyncapi-payload.js';
import { reference } from './asyncapi-reference.js';
import type { ActionContract, Contract } from './contract.js';

type Value = Readonly<Record<string, unknown>>;

/**
 * One AsyncAPI 3.1 document, as a worker sees it: it receives requests and replies to them. Schemas are AsyncAPI's own
 * dialect, which every tool reads, and describe what travels.
 */
export function asyncApiDocument({ title, version, actions }: Contract): Value {
  return {
    asyncapi: '3.1.0',
    info: { title, version, description },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(actions.flatMap(channelsOf)),
    operations: Object.fromEntries(actions.map((action) => [action.name, operationOf(action)])),
    components: { schemas: { requestHeaders, replyHeaders, failure: failureSchema } },
  };
}

const description = [
  'A request is a JSON object. On AMQP it goes to the exchange named like its action, with the node address as routing',
  'key; on SQS to the FIFO queue of the address, with the attribute `action`. The reply goes where the request says,',
  'with the correlation id of the request: `{"success", "message", "data"}`, and `error` where `success` is false.',
].join('\n');

const addressParameter = 'address';

function channelsOf(action: ActionContract): [string, Value][] {
  const { name, summary, address } = action;
  const { request, replies } = messagesOf(action);
  return [
    [
      name,
      {
        address: `{${addressParameter}}`,
        title: name,
        summary,
        parameters: {
          [addressParameter]: {
            description: 'The node address: on AMQP the queue of the node, on SQS the FIFO queue without its suffix.',
            ...(address !== undefined && { default: address }),
          },
        },
        messages: { request },
        bindings: channelBindings(name, addressParameter),
      },
    ],
    [repliesTo(name), { title: `Replies to ${name}`, summary: 'The inbox that the request names.', messages: replies }],
  ];
}

function operationOf(action: ActionContract): Value {
  const { name, summary, description: more, persistent, handling, package: from } = action;
  const { replies } = messagesOf(action);
  return {
    action: 'receive',
    title: name,
    summary,
    ...(more !== undefined && { description: markdown(more) }),
    channel: { $ref: reference('channels', name) },
    messages: [{ $ref: reference('channels', name, 'messages', 'request') }],
    reply: {
      address: {
        location: '$message.header#/replyTo',
        description: 'AMQP: the property `reply_to`; SQS: the attribute `reply-to`. Without it nothing is answered.',
      },
      channel: { $ref: reference('channels', repliesTo(name)) },
      messages: Object.keys(replies).map((reply) => ({
        $ref: reference('channels', repliesTo(name), 'messages', reply),
      })),
    },
    bindings: operationBindings(persistent),
    ...(handling && {
      'x-locks': handling.locks,
      'x-idempotent': handling.idempotent,
      'x-on-crash': handling.onCrash,
      'x-timeout-ms': handling.timeoutMs,
    }),
    'x-persistent': persistent,
    ...(from && { 'x-package': from }),
  };
}

/** No action has a slash in its name. */
const repliesTo = (action: string): string => `${action}/replies`;
