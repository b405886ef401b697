import type { QuarantineEntry, Quarantine } from '../../src/core/quarantine.js';
import { createQuarantine } from '../../src/core/quarantine-work.js';
import { TransportError } from '../../src/core/transport.js';
import type { DeadLetter } from './dead-letters.js';
import { frozenCopy, StoredMessage, type Writable } from './message.js';
import type { MemorySettings } from './options.js';
import type { MemoryQueue } from './queue.js';

/** What was set aside from an address of a memory broker. */
export function createMemoryQuarantine(
  address: string,
  { clock, random }: Pick<MemorySettings, 'clock' | 'random'>,
  queueOf: () => MemoryQueue | undefined,
): Quarantine {
  function taken(): MemoryQueue {
    const queue = queueOf();
    if (!queue) throw refused('unroutable', `expected a worker to have been at '${address}', got none`);
    if (queue.deadLetters.isTaken)
      throw refused('busy', `expected nobody else to work at the quarantine of '${address}'`);
    return queue;
  }

  return createQuarantine<DeadLetter>(
    {
      async take(work) {
        const queue = taken();
        const { deadLetters } = queue;
        const letters = [...deadLetters.list];
        let next = 0;
        deadLetters.isTaken = true;
        try {
          return await work({
            total: letters.length,
            next: async () => letters[next++],
            entryOf,
            contentOf: ({ message: { headers, body } }) => ({ headers, body }),
            async redrive({ message, sender }, { withoutReply, withoutDeadline }) {
              const copy: Writable<typeof message> = { ...message };
              if (withoutReply) delete copy.replyTo;
              if (withoutDeadline) delete copy.expiresAt;
              if (queue.add(new StoredMessage(frozenCopy(copy), sender, random.uuid()))) return;
              throw refused('rejected', `expected room at '${address}', got ${queue.length()} messages waiting`);
            },
            forget: (letter) => deadLetters.remove(letter),
          });
        } finally {
          deadLetters.isTaken = false;
        }
      },
      close: () => Promise.resolve(),
    },
    clock,
  );
}

function entryOf({ message, reason, sender, attempts, firstSeen }: DeadLetter): QuarantineEntry {
  const { id, action, expiresAt, replyTo, body } = message;
  return {
    ...{ id, reason, attempts, firstSeen, bytes: Buffer.byteLength(body) },
    kind: replyTo === undefined ? 'one-way' : 'call',
    ...(action !== undefined && { action }),
    ...(sender !== undefined && { sender }),
    ...(expiresAt !== undefined && { deadline: expiresAt }),
  };
}

function refused(code: 'unroutable' | 'busy' | 'rejected', message: string): TransportError {
  return new TransportError(code, message, { sent: 'no' });
}
