import type { EntryOutcome, ReceivedMessage, SqsApi } from './api.js';
import type { SqsSettings } from './options.js';

/** What was taken from a queue of dead letters and is to be there again, unless it is forgotten. */
export interface HeldLetters {
  /** The next one, in about the order in which they came; undefined behind the last. @throws SqsError */
  next(): Promise<ReceivedMessage | undefined>;
  forget(letter: ReceivedMessage): void;
  /** Resolves once all that was forgotten is gone and all the rest is back. @throws SqsError for what could not be deleted */
  giveBack(): Promise<void>;
}

const visibilityMs = 10 * 60_000;
const renewEveryMs = visibilityMs / 3;
const most = 10;
/** Asked without a wait, SQS looks at some of its servers only, and may find nothing where there is something. */
const waitMs = 1_000;

export function createHeldLetters({ clock }: Pick<SqsSettings, 'clock'>, api: SqsApi, url: string): HeldLetters {
  const held = new Set<ReceivedMessage>();
  let fresh: ReceivedMessage[] = [];
  let forgotten: ReceivedMessage[] = [];
  let deleting: Promise<void> = Promise.resolve();
  let cancelRenewal = renewLater();

  function renewLater(): () => void {
    return clock.after(renewEveryMs, () => {
      void changeAll(visibilityMs);
      cancelRenewal = renewLater();
    });
  }

  /** Of what comes back early, somebody sees a copy twice; nothing is lost. */
  async function changeAll(ms: number): Promise<void> {
    for (const part of parts([...held])) {
      const entries = part.map(({ receipt }) => ({ receipt, visibilityMs: ms }));
      await api.changeVisibilityBatch(url, entries).catch(() => undefined);
    }
  }

  async function deleteAll(letters: readonly ReceivedMessage[]): Promise<void> {
    for (const part of parts(letters)) {
      const receipts = part.map(({ receipt }) => receipt);
      const failed = firstFailure(await api.deleteBatch(url, receipts));
      if (failed) throw failed;
    }
  }

  function startDeleting(): void {
    const letters = forgotten;
    forgotten = [];
    deleting = deleting.then(() => deleteAll(letters));
    // It is looked at in the end.
    deleting.catch(() => undefined);
  }

  return {
    async next() {
      if (fresh.length === 0) {
        fresh = [...(await api.receive(url, { max: most, waitMs, visibilityMs }))];
        fresh.sort((one, other) => one.sentAt - other.sentAt);
        for (const letter of fresh) held.add(letter);
      }
      return fresh.shift();
    },
    forget(letter) {
      held.delete(letter);
      forgotten.push(letter);
      if (forgotten.length === most) startDeleting();
    },
    async giveBack() {
      cancelRenewal();
      startDeleting();
      await changeAll(0);
      await deleting;
    },
  };
}

function firstFailure(outcomes: readonly EntryOutcome[]): Error | undefined {
  for (const outcome of outcomes) if (!outcome.ok) return outcome.error;
  return undefined;
}

function parts<T>(all: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let start = 0; start < all.length; start += most) found.push(all.slice(start, start + most));
  return found;
}
