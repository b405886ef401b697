import type { Inbox, Message, Transport } from '../../core/transport.js';
import type { CaseContext } from './context.js';

export interface OpenInbox extends Inbox {
  readonly got: readonly Message[];
  readonly losses: number;
}

/** An inbox that keeps what it gets. */
export async function open(
  { within }: CaseContext,
  transport: Transport,
  receive: (message: Message, nth: number) => void | Promise<void> = () => undefined,
): Promise<OpenInbox> {
  const got: Message[] = [];
  let losses = 0;
  const opening = transport.openInbox({
    receive: (message) => receive(message, got.push(message)),
    lost: () => void (losses += 1),
  });
  const inbox = await within(opening, 'the inbox opens');
  return {
    address: inbox.address,
    close: () => inbox.close(),
    got,
    get losses() {
      return losses;
    },
  };
}

/** A reply: a message without an action. */
export function replyTo(request: Message, body = '{}'): Message {
  return { id: `reply to ${request.id}`, body, headers: {}, correlationId: request.id };
}
