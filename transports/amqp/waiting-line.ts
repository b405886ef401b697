import type { Clock } from '../../src/core/clock.js';
import type { TransportError } from '../../src/core/transport.js';
import { notSent } from './errors.js';
import type { Letter } from './outlet.js';
import type { Parcel } from './parcel.js';

/** A send from its start until its sender is told. */
export class Waiting implements Letter<Waiting> {
  readonly parcel: Parcel;
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
  /** Where it waits, so that it can leave from there. */
  place: Set<Waiting> | undefined = undefined;
  stopTimer: (() => void) | undefined = undefined;
  properties = unwritten;
  sinceMs = 0;
  /** It is the first to its exchange, on a channel of its own: a refusal of the channel is a refusal of it. */
  isTrial = false;
  previous: Waiting | undefined = undefined;
  next: Waiting | undefined = undefined;

  constructor(parcel: Parcel, resolve: () => void, reject: (error: TransportError) => void) {
    this.parcel = parcel;
    this.resolve = resolve;
    this.reject = reject;
  }
}

const unwritten: Letter['properties'] = {};

/** Sends that wait, in the order they came; each leaves when it is written, or its time or its sender's patience is over. */
export interface WaitingLine {
  /** All that wait, wherever they were moved to. */
  count(): number;
  first(): Waiting | undefined;
  add(item: Waiting): void;
  /** Out of the line, to wait elsewhere. */
  move(item: Waiting, place: Set<Waiting>): void;
  /** Back to the head of the line. */
  putBack(items: Iterable<Waiting>): void;
  /** It is written now. Does nothing for one that never waited. */
  leave(item: Waiting): void;
  fail(item: Waiting, error: TransportError): void;
  failAll(error: () => TransportError): void;
}

export function createWaitingLine(parts: {
  readonly clock: Clock;
  readonly tooLate: () => TransportError;
  readonly onFailed: () => void;
}): WaitingLine {
  const { clock } = parts;
  const line = new Set<Waiting>();
  const all = new Set<Waiting>();

  function leave(item: Waiting): void {
    if (!all.delete(item)) return;
    item.stopTimer?.();
    item.place?.delete(item);
  }

  function fail(item: Waiting, error: TransportError): void {
    leave(item);
    item.reject(error);
    parts.onFailed();
  }

  function stand(item: Waiting, place: Set<Waiting>): void {
    item.place?.delete(item);
    item.place = place;
    place.add(item);
  }

  return {
    count() {
      return all.size;
    },
    first() {
      const [first] = line;
      return first;
    },
    add(item) {
      const { signal, expiresAt } = item.parcel;
      all.add(item);
      stand(item, line);
      const cancelTimer =
        expiresAt === undefined
          ? undefined
          : clock.after(Math.max(0, expiresAt - clock.now()), () => fail(item, parts.tooLate()));
      const onAbort = () => fail(item, cancelled(signal));
      signal?.addEventListener('abort', onAbort, { once: true });
      item.stopTimer = () => {
        cancelTimer?.();
        signal?.removeEventListener('abort', onAbort);
      };
    },
    move: stand,
    putBack(items) {
      const later = [...line];
      line.clear();
      for (const item of [...items, ...later]) stand(item, line);
    },
    leave,
    fail,
    failAll(error) {
      for (const item of [...all]) fail(item, error());
    },
  };
}

export function cancelled(signal: AbortSignal | undefined): TransportError {
  return notSent('cancelled', 'the send was cancelled before it was written', signal?.reason);
}
