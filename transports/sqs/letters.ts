import type { Clock } from '../../src/core/clock.js';
import type { TransportError } from '../../src/core/transport.js';
import type { SqsError } from './api.js';
import type { Parcel } from './parcel.js';
import { cancelled, late, type Sent } from './send-errors.js';

/** A send from its start until its sender is told. */
export interface Letter {
  readonly parcel: Parcel;
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
  /** On its way now: neither its signal nor its time ends it before it is known what became of it. */
  isWriting: boolean;
  tries: number;
  /** SQS refused a whole batch that it was in: it leaves by itself, and so does not take others down with it. */
  isAlone: boolean;
  /** When it was first written without being told what became of it, by the monotonic clock. */
  uncertainSinceMs: number | undefined;
  lastError: SqsError | undefined;
  stopWaiting(): void;
}

/**
 * Letters to one queue, in groups: those of one group leave one after the other, each once the one before has been
 * accepted or given up.
 */
export interface Letters {
  readonly count: number;
  /** Groups whose first letter may leave. */
  readonly ready: number;
  add(letter: Letter): void;
  /** Up to `most` letters of different groups, of at most `mostBytes` together; at least one, if one is ready. */
  take(most: number, mostBytes: number): Letter[];
  /** Its sender is told, and the next of its group may leave. */
  resolve(letter: Letter): void;
  reject(letter: Letter, error: TransportError): void;
  /** Those that are not on their way. */
  rejectWaiting(error: (letter: Letter) => TransportError): void;
  rejectAll(error: (letter: Letter) => TransportError): void;
  /** It was not accepted: it stays the first of its group, which is ready again after `afterMs`. */
  again(letter: Letter, afterMs: number): void;
}

export function sentOf({ uncertainSinceMs }: Letter): Sent {
  return uncertainSinceMs === undefined ? 'no' : 'maybe';
}

export function createLetters(clock: Clock, onChange: () => void): Letters {
  /** By group id; a letter to a queue without groups is a group of its own. */
  const groups = new Map<unknown, Set<Letter>>();
  const ready = new Set<unknown>();
  const pauses = new Map<unknown, () => void>();
  let count = 0;

  const groupOf = (letter: Letter): unknown => letter.parcel.entry.groupId ?? letter;
  const all = (): Letter[] => [...groups.values()].flatMap((group) => [...group]);

  function leave(letter: Letter): boolean {
    const key = groupOf(letter);
    const group = groups.get(key);
    if (!group?.delete(letter)) return false;
    count -= 1;
    letter.stopWaiting();
    if (group.size === 0) {
      groups.delete(key);
      ready.delete(key);
      pauses.get(key)?.();
      pauses.delete(key);
    } else if (letter.isWriting) ready.add(key);
    return true;
  }

  function reject(letter: Letter, error: TransportError): void {
    if (leave(letter)) letter.reject(error);
    onChange();
  }

  /** Its time, or its sender's patience, ends it while it waits. */
  function watch(letter: Letter): void {
    const { expiresAt, signal } = letter.parcel;
    const end = (error: () => TransportError) => () => {
      if (!letter.isWriting) reject(letter, error());
    };
    const onAbort = end(() => cancelled(sentOf(letter), signal));
    const cancelTimer =
      expiresAt === undefined
        ? undefined
        : clock.after(
            Math.max(0, expiresAt - clock.now()),
            end(() => late(sentOf(letter), letter.lastError)),
          );
    signal?.addEventListener('abort', onAbort, { once: true });
    letter.stopWaiting = () => {
      cancelTimer?.();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  return {
    get count() {
      return count;
    },
    get ready() {
      return ready.size;
    },
    add(letter) {
      const key = groupOf(letter);
      const group = groups.get(key);
      if (group) group.add(letter);
      else {
        groups.set(key, new Set([letter]));
        ready.add(key);
      }
      count += 1;
      watch(letter);
    },
    take(most, mostBytes) {
      const taken: Letter[] = [];
      let bytes = 0;
      for (const key of ready) {
        const [first] = groups.get(key) ?? [];
        if (!first) continue;
        if (taken.length > 0 && (first.isAlone || bytes + first.parcel.bytes > mostBytes)) continue;
        ready.delete(key);
        first.isWriting = true;
        bytes += first.parcel.bytes;
        if (taken.push(first) === most || first.isAlone) break;
      }
      return taken;
    },
    resolve(letter) {
      if (leave(letter)) letter.resolve();
    },
    reject,
    rejectWaiting(error) {
      for (const letter of all()) if (!letter.isWriting) reject(letter, error(letter));
    },
    rejectAll(error) {
      for (const letter of all()) reject(letter, error(letter));
    },
    again(letter, afterMs) {
      const key = groupOf(letter);
      letter.isWriting = false;
      if (afterMs === 0) {
        ready.add(key);
        return;
      }
      pauses.set(
        key,
        clock.after(afterMs, () => {
          pauses.delete(key);
          ready.add(key);
          onChange();
        }),
      );
    },
  };
}
