import type { Message } from '../../core/transport.js';
import type { BrokerEvent } from '../../../transports/memory/index.js';
import type { TrackedMessage } from './history.js';
import { requestHeader } from './envelope.js';
import type { SimulatedProcess } from './process.js';
import type { Recorder } from './recorder.js';
import type { World } from './world.js';

/** A request leaves its caller for the first time, or once more under its id. */
export function trackSent(
  recorder: Recorder,
  process: SimulatedProcess,
  message: Message,
  { clock }: Pick<World, 'clock'>,
): void {
  if (recorder.messages.has(message.id)) return;
  const given = Number(message.headers[requestHeader]);
  const request = Number.isInteger(given) && given > 0 ? given : undefined;
  const leftMs = (message.expiresAt ?? Infinity) - process.clock.now();
  const tracked: TrackedMessage = {
    ...{ id: message.id, request, wantsReply: message.replyTo !== undefined },
    deadlineMs: clock.monotonicMs() + leftMs,
    ...{
      accepted: 0,
      ended: 0,
      handedBack: 0,
      isAnswered: false,
      deliveredAtMs: 0,
      quarantined: undefined,
      starts: 0,
      at: new Map(),
    },
  };
  recorder.messages.set(message.id, tracked);
  const attempt = request === undefined ? undefined : recorder.history.attempts[request - 1];
  if (attempt) attempt.messageId ??= message.id;
}

/** Follows what the broker does with requests, and that it has their replies. */
export function trackBroker(
  recorder: Recorder,
  { action, id, correlationId, body }: Message,
  event: BrokerEvent,
): void {
  if (action === undefined) {
    const asked = correlationId === undefined ? undefined : recorder.message(correlationId);
    if (asked && event.kind === 'accepted') {
      asked.isAnswered = true;
      recorder.event({ column: 'broker', who: 'broker', what: 'accepted', messageId: correlationId, detail: 'reply' });
    }
    return;
  }
  const tracked = recorder.message(id);
  if (!tracked) return;
  if (event.kind === 'delivered') tracked.deliveredAtMs = recorder.nowMs();
  const detail = count(tracked, event);
  if (tracked.quarantined !== undefined && detail === 'quarantine') recorder.history.setAside.push(body);
  recorder.event({ column: 'broker', who: 'broker', what: event.kind, messageId: id, detail });
}

function count(tracked: TrackedMessage, event: BrokerEvent): string | undefined {
  switch (event.kind) {
    case 'accepted':
      tracked.accepted += 1;
      return undefined;
    case 'expired':
    case 'lost':
      tracked.ended += 1;
      return undefined;
    case 'lapsed':
    case 'given back':
      tracked.handedBack += 1;
      return undefined;
    case 'delivered':
    case 'late settle':
      return undefined;
    case 'settled': {
      const { disposition } = event;
      if (disposition.kind === 'retry') tracked.handedBack += 1;
      else if (disposition.kind !== 'return') tracked.ended += 1;
      if (disposition.kind === 'quarantine') tracked.quarantined = disposition.reason;
      return disposition.kind;
    }
  }
}
