import type { Clock } from '../../core/clock.js';
import type { StoredMessage } from './message.js';

/** The receives of one queue that wait for messages, served in the order they came. */
export interface Polls {
  /** What `take` gives, as soon as that is something; after `waitMs` what it is, nothing. */
  wait(waitMs: number, take: () => StoredMessage[]): Promise<StoredMessage[]>;
  /** Something may be there for them. */
  wake(): void;
  /** Ends all of them, with an error if there is one. */
  end(error?: Error): void;
  readonly waiting: number;
}

interface Poll {
  readonly take: () => StoredMessage[];
  readonly resolve: (messages: StoredMessage[]) => void;
  readonly reject: (error: unknown) => void;
  readonly cancelTimer: () => void;
}

export function createPolls(clock: Clock, nextVisibleMs: () => number): Polls {
  const polls = new Set<Poll>();
  let cancelWake = (): void => undefined;

  function leave(poll: Poll): void {
    polls.delete(poll);
    poll.cancelTimer();
  }

  function serve(poll: Poll): void {
    try {
      const messages = poll.take();
      if (messages.length === 0) return;
      leave(poll);
      poll.resolve(messages);
    } catch (error) {
      leave(poll);
      poll.reject(error);
    }
  }

  function wake(): void {
    cancelWake();
    for (const poll of polls) serve(poll);
    const inMs = nextVisibleMs() - clock.monotonicMs();
    cancelWake = polls.size > 0 && Number.isFinite(inMs) ? clock.after(Math.max(1, inMs), wake) : () => undefined;
  }

  return {
    wait(waitMs, take) {
      return new Promise((resolve, reject) => {
        function onOver(): void {
          polls.delete(poll);
          resolve([]);
        }
        const poll: Poll = { take, resolve, reject, cancelTimer: clock.after(waitMs, onOver) };
        polls.add(poll);
        wake();
      });
    },
    wake,
    end(error) {
      cancelWake();
      for (const poll of polls) {
        leave(poll);
        if (error) poll.reject(error);
        else poll.resolve([]);
      }
    },
    get waiting() {
      return polls.size;
    },
  };
}
