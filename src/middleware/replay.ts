import type { Call, Result } from '../core/call.js';
import { RpcError } from '../core/errors.js';
import type { Layer, Step } from '../core/pipeline.js';
import { ack, answerOf } from '../core/result.js';
import type { WaitingRoom } from '../core/waiting-room.js';
import type { Abandoned, IdempotencyStore, Running } from '../stores/idempotency.js';
import { again } from './claim.js';

export interface ReplayParts {
  readonly store: IdempotencyStore;
  readonly room: WaitingRoom;
  /** Sets the call's key and fingerprint, if it has a key. */
  identify(call: Call): void;
  /** Starts without an end before a request is set aside as `poisoned`. */
  readonly maxStarts: number;
  /** The transport's `attempt` also counts deliveries that ended with a crash. */
  readonly countsAttempts: boolean;
}

/** Answers a request whose key was settled, waits while it runs elsewhere, and decides over one whose run crashed. */
export function replay(parts: ReplayParts): Layer<Call, Result> {
  return (next) => (call) => {
    parts.identify(call);
    if (call.key !== undefined) return replaying(call, call.key, next, parts);
    const { retry } = call.handler;
    if (parts.countsAttempts && call.delivery.attempt > Math.max(parts.maxStarts, retry?.attempts ?? 5)) {
      return Promise.resolve(setAside(poisoned(call, call.delivery.attempt - 1), call));
    }
    return next(call);
  };
}

async function replaying(call: Call, key: string, next: Step<Call, Result>, parts: ReplayParts): Promise<Result> {
  for (;;) {
    call.throwIfCancelled();
    const record = await parts.store.read(key);
    if (record.state !== 'none' && record.fingerprint !== call.fingerprint) throw keyMismatch(call);
    if (record.state === 'settled') return { answer: { body: record.reply }, disposition: ack };
    if (record.state === 'running') {
      await waitFor(record, call, parts.room);
      continue;
    }
    if (record.state === 'abandoned') {
      const error = verdictOn(record, call, parts.maxStarts);
      if (error) {
        const result = setAside(error, call);
        if ((await record.park(result.answer.body)) === 'lost') continue;
        return result;
      }
    }
    const result = await next(call);
    if (result !== again) return result;
  }
}

/** Waits with no lock and no slot, within the call's own deadline. */
async function waitFor(running: Running, call: Call, room: WaitingRoom): Promise<void> {
  room.enter([], call.id);
  call.isAttached = true;
  try {
    await running.changed(call.signal);
  } finally {
    call.isAttached = false;
    room.leave([]);
  }
}

/** Why an abandoned request must not be started again, if so. */
function verdictOn({ starts }: Abandoned, call: Call, maxStarts: number): RpcError | undefined {
  if (call.handler.onCrash === 'park') {
    return new RpcError('crashed', 'the worker crashed while the handler ran; it is not run again', { id: call.id });
  }
  return starts >= maxStarts ? poisoned(call, starts) : undefined;
}

function poisoned(call: Call, starts: number): RpcError {
  return new RpcError('poisoned', `${starts} starts of this request ended with a crash; it is not run again`, {
    id: call.id,
  });
}

function setAside(error: RpcError, call: Call): Required<Result> {
  return { answer: answerOf(error, call.id), disposition: { kind: 'quarantine', reason: error.code } };
}

function keyMismatch(call: Call): RpcError {
  return new RpcError('key_mismatch', 'this idempotency key was used for another request; use a new key', {
    id: call.id,
  });
}
