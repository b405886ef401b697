import { createAttempts } from './attempts.js';
import { chooseAny, chooseByGroup } from './choose.js';
import { SqsServiceError } from './errors.js';
import type { StoredMessage } from './message.js';
import type { MessageStore } from './message-store.js';
import { readRedrivePolicy, type QueueAttributes } from './queue-attributes.js';
import type { QueueParts } from './queue.js';

export interface ReceiveOptions {
  readonly most: number;
  readonly visibilityMs: number;
  readonly attemptId: string | undefined;
}

export interface ReceivingParts extends QueueParts {
  readonly arn: string;
  readonly fifo: boolean;
  readonly attributes: QueueAttributes;
  readonly store: MessageStore;
  /** Brings the store up to now. */
  readonly settle: () => void;
}

/** What a receive takes out of a queue at this moment. */
export function createReceiving(parts: ReceivingParts): (options: ReceiveOptions) => StoredMessage[] {
  const { arn, attributes, clock, fifo, findByArn, limits, store } = parts;
  const attempts = createAttempts();

  /** Those that were received too often already go to the dead letters instead. */
  function take(most: number): StoredMessage[] {
    const room = limits.inFlight - store.inFlight.size;
    if (room <= 0) {
      if (fifo) return [];
      throw new SqsServiceError('OverLimit', `Too many messages in flight: at most ${limits.inFlight} are allowed.`);
    }
    const choose = fifo ? chooseByGroup : chooseAny;
    const options = { most: Math.min(most, room), groupWindow: limits.groupWindow };
    const policy = readRedrivePolicy(attributes);
    const target = policy && findByArn(policy.targetArn);
    for (;;) {
      const chosen = choose(store, options);
      const tooOften = target ? chosen.filter(({ receives }) => receives >= policy.maxReceiveCount) : [];
      if (tooOften.length === 0) return chosen;
      for (const message of tooOften) {
        store.remove(message);
        target?.adopt(message, arn);
      }
    }
  }

  function repeated(attemptId: string, visibilityMs: number): StoredMessage[] {
    const nowMs = clock.monotonicMs();
    const messages = attempts.repeat(attemptId, nowMs) ?? [];
    for (const { hold } of messages) if (hold) hold.untilMs = nowMs + visibilityMs;
    return [...messages];
  }

  return ({ most, visibilityMs, attemptId }) => {
    parts.settle();
    const again = attemptId === undefined ? [] : repeated(attemptId, visibilityMs);
    if (again.length > 0) return again;
    const messages = take(most);
    const nowMs = clock.monotonicMs();
    for (const message of messages) {
      message.receives += 1;
      message.firstReceivedAt ??= Math.floor(clock.now());
      store.hold(message, { receivedAtMs: nowMs, untilMs: nowMs + visibilityMs, changed: false });
    }
    if (attemptId !== undefined) attempts.remember(attemptId, messages, nowMs);
    return messages;
  };
}
