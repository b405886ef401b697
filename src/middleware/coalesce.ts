import type { Call, Result } from '../core/call.js';
import type { Layer } from '../core/pipeline.js';
import type { WaitingRoom } from '../core/waiting-room.js';
import type { IdempotencyStore } from '../stores/idempotency.js';

/** Requests that wait for one run. The first waits for its locks and slot; the others wait for it. */
interface Group {
  readonly followers: Set<Call>;
  readonly result: Promise<Result | undefined>;
}

export interface CoalesceParts {
  readonly room: WaitingRoom;
  readonly store: IdempotencyStore;
  fingerprintOf(call: Call): string;
}

/**
 * Lets requests with an equal key and content that still wait share one run. One that arrives while the run is on
 * waits for the next, so that the last request always sees its effect.
 */
export function coalesce(keyOf: (request: unknown) => string, parts: CoalesceParts): Layer<Call, Result> {
  const groups = new Map<string, Group>();

  return (next) => {
    async function lead(call: Call, key: string): Promise<Result> {
      const followers = new Set<Call>();
      let share: (result: Result | undefined) => void = () => undefined;
      const group: Group = { followers, result: new Promise((resolve) => (share = resolve)) };
      const close = (): void => {
        if (groups.get(key) === group) groups.delete(key);
      };
      call.onStart = () => {
        close();
        for (const follower of followers) {
          follower.started = true;
          // The run has the time of whoever waits longest for it.
          call.limitMs = Math.max(call.limitMs, follower.limitMs);
        }
      };
      groups.set(key, group);
      let result: Result | undefined;
      try {
        result = await next(call);
        return result;
      } finally {
        close();
        // A leader that never started leaves the run to the next in line.
        share(call.started ? result : undefined);
      }
    }

    async function follow(call: Call, group: Group): Promise<Result | undefined> {
      parts.room.enter([], call.id);
      group.followers.add(call);
      try {
        const result = await untilStarted(call, group.result);
        if (result) await record(call, result);
        return result;
      } finally {
        group.followers.delete(call);
        parts.room.leave([]);
      }
    }

    /** A repeat of a request that shared a run must not run it again. */
    async function record(call: Call, { answer, disposition }: Result): Promise<void> {
      const isFinal = answer && disposition.kind === 'ack' && (!answer.error || answer.error.code === 'failed');
      if (!isFinal || call.key === undefined) return;
      const claim = await parts.store.claim(call.key, call.fingerprint, { messageId: call.id });
      if (claim.state === 'fresh') await claim.settle(answer.body);
    }

    return async (call) => {
      const key = JSON.stringify([keyOf(call.request), parts.fingerprintOf(call)]);
      for (;;) {
        call.throwIfCancelled();
        const group = groups.get(key);
        if (!group) return lead(call, key);
        const result = await follow(call, group);
        if (result) return result;
      }
    };
  };
}

/** The group's result; a call that gives up before the run starts leaves at once. */
function untilStarted(call: Call, result: Promise<Result | undefined>): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      if (!call.started) reject(call.cancelReason ?? new Error('cancelled'));
    };
    call.signal.addEventListener('abort', onAbort, { once: true });
    void result.then((value) => {
      call.signal.removeEventListener('abort', onAbort);
      resolve(value);
    });
  });
}
