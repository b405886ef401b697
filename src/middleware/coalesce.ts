import { onAbort } from '../core/abort.js';
import { again, isFinal, type Result } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { WorkerParts } from '../core/parts.js';
import type { Layer, Step } from '../core/pipeline.js';
import { claim, type ClaimParts } from './claim.js';

/** Requests that wait for one run. The first waits for its locks and slot; the others wait for it. */
interface Group {
  readonly followers: Set<Call>;
  /** Settles when the run has ended, or the leader has left without one. */
  readonly result: Promise<Result>;
}

/**
 * Lets requests with an equal key and content that still wait share one run. One that arrives while the run is on
 * waits for the next, so that the last request always sees its effect. Only an answer that a repeat would hear, too,
 * is shared: after any other the followers have a run of their own.
 */
export function coalesce(
  keyOf: (request: unknown) => string,
  parts: ClaimParts & Pick<WorkerParts, 'room' | 'identities' | 'inHand'>,
): Layer<Call, Result> {
  const { room, identities, inHand } = parts;
  const groups = new Map<string, Group>();
  const claiming = claim(parts);

  async function lead(call: Call, key: string, next: Step<Call, Result>): Promise<Result> {
    const followers = new Set<Call>();
    let share: (result: Result) => void = () => undefined;
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
    let shared = again;
    try {
      const result = await next(call);
      if (call.started && !call.lost && isFinal(result)) shared = result;
      return result;
    } finally {
      close();
      share(shared);
    }
  }

  async function follow(call: Call, group: Group): Promise<Result> {
    room.enter([], call.id);
    group.followers.add(call);
    try {
      // With its own key claimed meanwhile and settled with the answer, a repeat of it does not run again.
      return await claiming(() => untilShared(call, group.result))(call);
    } finally {
      group.followers.delete(call);
      room.leave([]);
    }
  }

  return (next) => async (call) => {
    const key = JSON.stringify([keyOf(call.request), identities.fingerprintOf(call)]);
    for (;;) {
      call.throwIfCancelled();
      const group = groups.get(key);
      // A nested request would wait for a leader that may wait for its parent.
      if (!group || inHand.ancestorsOf(call).length > 0) return group ? next(call) : lead(call, key, next);
      const result = await follow(call, group);
      if (result !== again) return result;
      call.started = false;
      // What is recorded under its key decides first.
      if (call.key !== undefined) return again;
    }
  };
}

/** The group's result; a call that gives up before the run starts leaves at once. */
function untilShared(call: Call, result: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const off = onAbort(call.signal, () => {
      if (!call.started) reject(call.signal.reason);
    });
    void result.then((shared) => {
      off();
      resolve(shared);
    });
  });
}
