import type { Inbox, InboxHandlers } from '../../src/core/transport.js';
import type { ReceivedMessage } from './api.js';
import { createBatches } from './batches.js';
import type { SqsParts } from './parts.js';
import { startPoll } from './poll.js';
import { decodeReply } from './wire.js';

/** Replies that are being received at once; the rest waits in SQS. */
const intake = 1_024;
/** SQS may need a moment to know a queue that it has created. */
const settlingInMs = 5_000;

/** Opens a queue of this process's own for replies. One that comes twice is received twice: nobody waits for it then. */
export async function startInbox(parts: SqsParts, on: InboxHandlers): Promise<Inbox> {
  const { settings, api, queues, names, counters } = parts;
  const { clock, log } = settings;
  let name = names.newInbox();
  let url = await queues.createInbox(name);
  let createdMs = clock.monotonicMs();
  let state: 'open' | 'lost' | 'closed' = 'open';
  let receiving = 0;
  let replacing: Promise<void> | undefined;

  const deletes = createBatches<string>(clock, (receipts) => {
    counters.add('delete_batches');
    return api.deleteBatch(url, receipts);
  });
  const poll = startPoll({
    ...parts,
    url: () => url,
    room: () => intake - receiving,
    of: 'replies',
    onMessages(messages) {
      for (const received of messages) if (state !== 'closed') void take(received);
    },
    async onNoQueue() {
      const isNew = clock.monotonicMs() - createdMs < settlingInMs;
      if (isNew || state === 'closed') return;
      await (replacing ??= replace().finally(() => (replacing = undefined)));
    },
  });

  async function take(received: ReceivedMessage): Promise<void> {
    receiving += 1;
    try {
      counters.add('replies');
      await on.receive(decodeReply(received));
      // What could not be deleted comes again.
      void deletes.add(received.receipt);
    } catch (err) {
      log.error({ err }, 'receiving a reply failed; it comes again');
    }
    receiving -= 1;
    poll.wake();
  }

  /** Under another name: SQS keeps the old one for a minute. */
  async function replace(): Promise<void> {
    if (state === 'open') {
      state = 'lost';
      counters.add('inboxes_lost');
      log.warn({ inbox: name }, 'the queue of the inbox was deleted, and the replies in it; another one is created');
      on.lost();
    }
    await queues.deleteInbox(name).catch(() => undefined);
    const next = names.newInbox();
    const nextUrl = await queues.createInbox(next);
    if (state === 'closed') return queues.deleteInbox(next);
    [name, url, createdMs, state] = [next, nextUrl, clock.monotonicMs(), 'open'];
  }

  return {
    get address() {
      return name;
    },
    async close() {
      if (state === 'closed') return;
      state = 'closed';
      await poll.stop();
      // One that cannot be deleted now is swept once nobody keeps it alive.
      await queues.deleteInbox(name).catch(() => undefined);
    },
  };
}
