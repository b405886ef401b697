import { backoffMs } from '../../src/core/backoff.js';
import { SqsError, type EntryOutcome } from './api.js';
import { closedError } from './errors.js';
import { missingMs } from './queue-urls.js';
import { createLetters, sentOf, type Letter } from './letters.js';
import type { SqsParts } from './parts.js';
import { hasNoCredentials, isLasting, neverLeft } from './sdk-errors.js';
import { cancelled, late, refusal, uncertain, unroutable } from './send-errors.js';
import { maxMessageBytes } from './sizes.js';

export type LaneParts = Pick<SqsParts, 'settings' | 'api' | 'names' | 'queues' | 'counters' | 'availability'>;

/** All that goes to one queue, as few batches as that takes without making anybody wait. */
export interface Lane {
  /** Letters whose sender has not been told. */
  readonly count: number;
  add(letter: Letter): void;
  /** No more tries: what fails now has failed. */
  end(): void;
  /** Its sender is told now, whatever is under way. */
  abandon(): void;
}

/** "SendMessageBatch": 10 entries. */
const mostEntries = 10;
/** Full ones; one that is not full leaves alone, or when it has waited for `collectMs`. */
const mostBatches = 8;
const collectMs = 10;
const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 };
/** "You must wait at least one second after the queue is created" ("CreateQueue"): a new caller's reply queue is waited for. */
const newMs = 2 * missingMs;
/** For five minutes SQS knows a message that it has had ("MessageDeduplicationId"): so long the same is sent again. */
const sameMs = 270_000;

export function createLane(queue: string, parts: LaneParts, onChange: () => void): Lane {
  const { settings, api, names, queues, counters, availability } = parts;
  const { clock, random } = settings;
  const letters = createLetters(clock, changed);
  let batches = 0;
  let failures = 0;
  let isScheduled = false;
  let isLooking = false;
  let isEnding = false;
  /** Ends the wait after a failed call. */
  let stopPause: (() => void) | undefined;
  let stopCollecting: (() => void) | undefined;

  /** At the end of this turn: what is sent in one turn leaves in one batch. */
  function changed(): void {
    if (letters.count === 0) {
      stopPause?.();
      stopCollecting?.();
      stopPause = stopCollecting = undefined;
      onChange();
    } else if (!isScheduled && !stopPause) {
      isScheduled = true;
      setImmediate(() => {
        isScheduled = false;
        flush();
      });
    }
  }

  function flush(isOverdue = false): void {
    if (stopPause || letters.ready === 0) return;
    const url = queues.known(queue);
    if (url === undefined) {
      void look();
      return;
    }
    // After a failure one tries for all.
    const most = failures > 0 ? 1 : mostBatches;
    while (letters.ready > 0 && batches < most) {
      if (letters.ready < mostEntries && batches > 0 && !isOverdue) {
        stopCollecting ??= clock.after(collectMs, () => {
          stopCollecting = undefined;
          flush(true);
        });
        break;
      }
      void write(url, letters.take(mostEntries, maxMessageBytes));
    }
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    let gone = false;
    try {
      gone = (await queues.find(queue)) === undefined;
      availability.ok();
    } catch (error) {
      const failure = error instanceof SqsError ? error : new SqsError('unavailable', String(error), { cause: error });
      note(failure);
      const isWrongSetup = isLasting(failure) || (hasNoCredentials(failure) && !availability.hasAnswered);
      if (isWrongSetup) letters.rejectWaiting((letter) => refusal(failure, letter.parcel, sentOf(letter)));
      else pause(failure);
    }
    isLooking = false;
    if (!gone) flush();
    else if (names.isInbox(queue) && queues.missingForMs(queue) < newMs) wait(missingMs);
    else letters.rejectWaiting((letter) => unroutable(letter.parcel, sentOf(letter)));
  }

  async function write(url: string, taken: readonly Letter[]): Promise<void> {
    batches += 1;
    counters.add('send_batches');
    let outcomes: readonly EntryOutcome[] = [];
    let failure: SqsError | undefined;
    try {
      outcomes = await api.sendBatch(
        url,
        taken.map(({ parcel }) => parcel.entry),
      );
      availability.ok();
      failures = 0;
    } catch (error) {
      failure = error instanceof SqsError ? error : new SqsError('unavailable', String(error), { cause: error });
      note(failure);
      if (failure.kind === 'refused' && taken.length > 1) {
        for (const letter of taken) letter.isAlone = true;
      } else if (!isLasting(failure)) pause(failure);
    }
    batches -= 1;
    taken.forEach((letter, index) => {
      const outcome = outcomes[index];
      if (outcome?.ok) {
        counters.add('sent');
        letters.resolve(letter);
      } else if (failure && letter.isAlone && taken.length > 1) letters.again(letter, 0);
      else
        fail(letter, failure ?? outcome?.error ?? new SqsError('unavailable', 'not answered'), failure === undefined);
    });
    if (letters.count > 0) flush();
    onChange();
  }

  /** What is refused for good concerns this queue only, and was answered. */
  function note(error: SqsError): void {
    if (!isLasting(error)) availability.failed(error);
  }

  function pause({ kind }: SqsError): void {
    if (kind === 'no_queue' || stopPause || letters.count === 0) return;
    failures += 1;
    wait(backoffMs(failures, backoff, random));
  }

  function wait(ms: number): void {
    if (letters.count === 0) return;
    stopPause ??= clock.after(ms, () => {
      stopPause = undefined;
      flush();
    });
  }

  /** `isAlone`: others of its batch were accepted. */
  function fail(letter: Letter, error: SqsError, isAlone: boolean): void {
    const { parcel } = letter;
    letter.lastError = error;
    letter.tries += 1;
    if (error.kind === 'unavailable' && !neverLeft(error)) letter.uncertainSinceMs ??= clock.monotonicMs();
    if (error.kind === 'throttled') counters.add('throttled');
    const sent = sentOf(letter);
    if (isLasting(error)) return letters.reject(letter, refusal(error, parcel, sent));
    if (error.kind === 'no_queue') {
      queues.forget(queue);
      // Once: it may have been deleted and created again.
      if (letter.tries > 1) return letters.reject(letter, unroutable(parcel, sent));
    }
    if (parcel.signal?.aborted) return letters.reject(letter, cancelled(sent, parcel.signal));
    if (parcel.expiresAt !== undefined && parcel.expiresAt <= clock.now()) {
      return letters.reject(letter, late(sent, error));
    }
    if (isEnding) return letters.reject(letter, closedError(sent));
    if (clock.monotonicMs() - (letter.uncertainSinceMs ?? Infinity) > sameMs) {
      return letters.reject(letter, uncertain(error));
    }
    counters.add('send_retries');
    letters.again(letter, isAlone ? backoffMs(letter.tries, backoff, random) : 0);
  }

  return {
    get count() {
      return letters.count;
    },
    add(letter) {
      letters.add(letter);
      changed();
    },
    end() {
      isEnding = true;
      if (stopPause) letters.rejectWaiting((letter) => closedError(sentOf(letter)));
    },
    abandon: () => letters.rejectAll((letter) => closedError(letter.isWriting ? 'maybe' : sentOf(letter))),
  };
}
