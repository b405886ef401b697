import { onAbort } from './abort.js';
import { AwaitedCall, type Errand } from './awaited-call.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import { asRpcError, deliver } from './deliver.js';
import { RpcError, type Outcome } from './errors.js';
import { keyHeader } from './headers.js';
import type { Logger } from './log.js';
import { createPendingCalls } from './pending-calls.js';
import type { Random } from './random.js';
import type { Inbox, Message, Transport } from './transport.js';

/** Sends requests and matches the replies to them: what is left of a client without its conveniences. */
export interface Exchange {
  /** One request and its reply; it settles within `timeoutMs`. */
  call(errand: Errand, timeoutMs: number): Promise<unknown>;
  pending(): number;
  close(): Promise<void>;
}

export function createExchange(parts: {
  transport: Transport;
  clock: Clock;
  random: Random;
  log: Logger;
  counters: Counters;
  maxPendingCalls: number;
}): Exchange {
  const { transport, clock, random, log, counters, maxPendingCalls } = parts;
  const pending = createPendingCalls(clock);
  let inbox: Inbox | undefined;
  let opening: Promise<Inbox> | undefined;
  /** How often replies were lost: one to a request sent before the last loss never comes. */
  let losses = 0;
  let isClosed = false;

  async function openInbox(): Promise<Inbox> {
    try {
      inbox = await transport.openInbox({ receive, lost });
      if (isClosed) await inbox.close();
    } catch (error) {
      opening = undefined;
      throw error;
    }
    return inbox;
  }

  function receive({ correlationId, body }: Message): void {
    const isAwaited = correlationId !== undefined && pending.settle(correlationId, body);
    if (!isAwaited) counters.add('unexpected_replies');
  }

  function lost(): void {
    losses++;
    for (const { id, phase } of pending.all()) {
      if (phase === 'sent') pending.fail(id, lostInbox(id));
    }
  }

  function start(call: AwaitedCall): void {
    if (inbox) return send(call, inbox);
    (opening ??= openInbox()).then(
      (opened) => {
        if (pending.has(call.id)) send(call, opened);
      },
      (error: unknown) => pending.fail(call.id, asRpcError(error, call.id)),
    );
  }

  function send(call: AwaitedCall, { address }: Inbox): void {
    const { id, draft } = call;
    const { to, sending } = call.errand;
    call.phase = 'sending';
    draft.replyTo = address;
    draft.correlationId = id;
    const lossesBefore = losses;
    const hasKey = draft.headers[keyHeader] !== undefined;
    deliver(transport, to, draft, sending, hasKey, call).then(
      () => {
        call.phase = 'sent';
        if (losses !== lossesBefore) pending.fail(id, lostInbox(id));
      },
      (error: unknown) => pending.fail(id, asRpcError(error, id)),
    );
  }

  function giveUp({ id, phase, draft: { expiresAt }, errand: { to } }: AwaitedCall): void {
    if (!pending.fail(id, cancelled(id, phase === 'opening' ? 'not_executed' : 'unknown')) || phase === 'opening')
      return;
    // A worker is told at once or not at all: a send that waits would take a place from calls.
    if (!transport.traits.canCancel || transport.status !== 'ready') return;
    const control: Message = {
      id: random.uuid(),
      action: 'samovar.cancel',
      body: '{}',
      headers: {},
      correlationId: id,
      ...(expiresAt !== undefined && { expiresAt }),
    };
    transport.send(to, control, { control: true }).catch((err: unknown) => {
      log.debug({ err, id }, 'a worker could not be told that its caller gave up');
    });
  }

  return {
    call(errand, timeoutMs) {
      return new Promise((resolve, reject) => {
        const { signal } = errand;
        if (isClosed) throw new RpcError('unavailable', 'this client is closed', { outcome: 'not_executed' });
        if (signal?.aborted) throw cancelled(undefined, 'not_executed');
        if (pending.size() >= maxPendingCalls) {
          const message = `expected at most ${maxPendingCalls} calls to wait for replies; try again later`;
          throw new RpcError('busy', message, { outcome: 'not_executed' });
        }
        const call = new AwaitedCall(errand, resolve, reject);
        if (signal) {
          call.off = onAbort(signal, () => {
            // A send that was not written yet is given up by the transport, which then knows that nothing happened.
            if (call.phase === 'sending') clock.after(0, () => giveUp(call));
            else giveUp(call);
          });
        }
        // Listen before you speak: a reply may overtake the confirm.
        pending.add(call, timeoutMs);
        start(call);
      });
    },
    pending() {
      return pending.size();
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const { id, phase } of pending.all()) {
        const outcome = phase === 'opening' ? 'not_executed' : 'unknown';
        pending.fail(id, new RpcError('unavailable', 'the client was closed before the reply came', { id, outcome }));
      }
      // One that is still being opened closes itself as soon as it is there.
      await inbox?.close();
    },
  };
}

function cancelled(id: string | undefined, outcome: Outcome): RpcError {
  return new RpcError('cancelled', 'the caller gave up', { outcome, ...(id !== undefined && { id }) });
}

function lostInbox(id: string): RpcError {
  return new RpcError('unavailable', 'the inbox was lost with its connection, and the reply with it', {
    id,
    outcome: 'unknown',
  });
}
