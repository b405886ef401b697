import { within } from '../../src/core/clock.js';
import { closedError } from './errors.js';
import { createLane, type Lane, type LaneParts } from './lane.js';
import type { Parcel } from './parcel.js';
import { cancelled, late, tooMany } from './send-errors.js';

export interface Sender {
  /** Resolves once SQS has it. Rejects with a TransportError and nothing else. */
  post(parcel: Parcel): Promise<void>;
  /** Sends whose sender has not been told. */
  readonly waiting: number;
  /** Hears of what is under way, as long as that can be expected to end. Idempotent. */
  close(): Promise<void>;
}

const nothing = (): void => undefined;

export function createSender(parts: LaneParts): Sender {
  const { clock, maxWaitingSends, requestTimeoutMs } = parts.settings;
  const lanes = new Map<string, Lane>();
  let isClosing = false;
  let onIdle: (() => void) | undefined;

  function laneOf(queue: string): Lane {
    const found = lanes.get(queue);
    if (found) return found;
    const lane = createLane(queue, parts, () => {
      if (lane.count > 0) return;
      lanes.delete(queue);
      if (lanes.size === 0) onIdle?.();
    });
    lanes.set(queue, lane);
    return lane;
  }

  function waiting(): number {
    let count = 0;
    for (const lane of lanes.values()) count += lane.count;
    return count;
  }

  return {
    post(parcel) {
      const { signal, expiresAt, isRequest, queue } = parcel;
      if (isClosing) return Promise.reject(closedError());
      if (signal?.aborted) return Promise.reject(cancelled('no', signal));
      if (expiresAt !== undefined && expiresAt <= clock.now()) return Promise.reject(late('no', undefined));
      if (isRequest && waiting() >= maxWaitingSends) return Promise.reject(tooMany(maxWaitingSends));
      return new Promise((resolve, reject) => {
        laneOf(queue).add({
          ...{ parcel, resolve, reject, isWriting: false, isAlone: false, tries: 0 },
          ...{ uncertainSinceMs: undefined, lastError: undefined, stopWaiting: nothing },
        });
      });
    },
    get waiting() {
      return waiting();
    },
    async close() {
      isClosing = true;
      const idle = new Promise<void>((resolve) => (onIdle = resolve));
      for (const lane of [...lanes.values()]) lane.end();
      if (lanes.size > 0) await within(clock, requestTimeoutMs, idle);
      for (const lane of [...lanes.values()]) lane.abandon();
    },
  };
}
