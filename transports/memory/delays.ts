import type { Clock } from '../../src/core/clock.js';
import type { StoredMessage } from './message.js';

/** Messages that come back later. Holds one timer for all, and none while nobody would take them. */
export interface Delays {
  length(): number;
  add(message: StoredMessage, afterMs: number): void;
  /** Somebody takes messages: those overdue come at once. */
  start(): void;
  pause(): void;
  /** Takes all out, the earliest first. */
  drain(): StoredMessage[];
}

interface Delayed {
  readonly dueMs: number;
  readonly message: StoredMessage;
}

export function createDelays(clock: Clock, onDue: (message: StoredMessage) => void): Delays {
  const delayed: Delayed[] = [];
  let running = false;
  let cancelTimer: (() => void) | undefined;

  function arm(): void {
    cancelTimer?.();
    const first = delayed[0];
    cancelTimer = running && first ? clock.after(Math.max(0, first.dueMs - clock.monotonicMs()), release) : undefined;
  }

  function release(): void {
    const nowMs = clock.monotonicMs();
    for (let first = delayed[0]; first && first.dueMs <= nowMs; first = delayed[0]) {
      delayed.shift();
      onDue(first.message);
    }
    arm();
  }

  return {
    length() {
      return delayed.length;
    },
    add(message, afterMs) {
      const dueMs = clock.monotonicMs() + afterMs;
      const later = delayed.findLastIndex((other) => other.dueMs <= dueMs) + 1;
      delayed.splice(later, 0, { dueMs, message });
      if (later === 0) arm();
    },
    start() {
      running = true;
      release();
    },
    pause() {
      running = false;
      arm();
    },
    drain() {
      const messages = delayed.splice(0).map(({ message }) => message);
      arm();
      return messages;
    },
  };
}
