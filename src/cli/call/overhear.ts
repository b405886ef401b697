import { isRecord } from '../../core/reply.js';
import type { Transport } from '../../core/transport.js';

/** What a client keeps to itself about its call. */
export interface Overheard {
  /** The id of the request, once it is on its way. */
  readonly id: string | undefined;
  /** The sentence that came with the answer. */
  readonly message: string | undefined;
}

/** `transport`, for a client that makes one call, and what can be heard on it. */
export function overhear(transport: Transport): { readonly transport: Transport; readonly heard: Overheard } {
  let id: string | undefined;
  let body: string | undefined;
  return {
    heard: {
      get id() {
        return id;
      },
      get message() {
        return body === undefined ? undefined : messageIn(body);
      },
    },
    transport: {
      name: transport.name,
      traits: transport.traits,
      get status() {
        return transport.status;
      },
      send(address, message, options) {
        if (options?.control !== true) id = message.id;
        return transport.send(address, message, options);
      },
      consume: (address, options, receive) => transport.consume(address, options, receive),
      openInbox: (on) =>
        transport.openInbox({
          lost: () => on.lost(),
          receive(message) {
            if (message.correlationId === id) body ??= message.body;
            return on.receive(message);
          },
        }),
      health: () => transport.health(),
      close: () => transport.close(),
    },
  };
}

function messageIn(body: string): string | undefined {
  const reply: unknown = JSON.parse(body);
  return isRecord(reply) && typeof reply['message'] === 'string' ? reply['message'] : undefined;
}
