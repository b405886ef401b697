import type { Delivery, Disposition } from './transport.js';
import type { Answer } from './call.js';

/** What became of a request that came here before. */
export type Earlier =
  | { readonly state: 'running'; readonly settled: Promise<Disposition> }
  | { readonly state: 'answered'; readonly answer: Answer | undefined };

/**
 * The requests in hand and the last ones settled, so that a redelivery after a cut connection joins its own run,
 * and one whose ack was lost is answered again instead of run again.
 */
export interface Recent {
  /** Looked at only for a redelivery: ids are the sender's, and a fresh message with a used one is a new request. */
  find(delivery: Delivery): Earlier | undefined;
  began(delivery: Delivery, settled: Promise<Disposition>): void;
  ended(delivery: Delivery, disposition: Disposition, answer: Answer | undefined): void;
}

interface Entry {
  readonly action: string | undefined;
  readonly sender: string | undefined;
  readonly size: number;
  readonly earlier: Earlier;
}

/** `capacity`: how many settled requests are remembered. */
export function createRecent(capacity: number): Recent {
  const running = new Map<string, Entry>();
  const answered = new Map<string, Entry>();

  function entryOf({ message, sender }: Delivery, earlier: Earlier): Entry {
    return { action: message.action, sender, size: message.body.length, earlier };
  }

  return {
    find({ message, sender }) {
      const entry = running.get(message.id) ?? answered.get(message.id);
      // Senders that reuse an id for another request get a run of their own.
      const isSame =
        entry?.action === message.action && entry?.sender === sender && entry?.size === message.body.length;
      return isSame ? entry?.earlier : undefined;
    },
    began(delivery, settled) {
      running.set(delivery.message.id, entryOf(delivery, { state: 'running', settled }));
    },
    ended(delivery, disposition, answer) {
      const { id } = delivery.message;
      running.delete(id);
      if (disposition.kind !== 'ack') return;
      answered.set(id, entryOf(delivery, { state: 'answered', answer }));
      if (answered.size > capacity) answered.delete(answered.keys().next().value as string);
    },
  };
}
