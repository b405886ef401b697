import { backoffMs } from '../../src/core/backoff.js';
import type { EntryOutcome, VisibilityEntry } from './api.js';
import type { Batches } from './batches.js';
import type { Counters } from './counters.js';
import type { Hand, Lease } from './hand.js';
import type { SqsSettings } from './options.js';

/** SQS takes a message away 12 h after it was received, however often it was renewed ("ChangeMessageVisibility"). */
const longestMs = 12 * 3_600_000;
/** A delivery is given up that long after it came, to be noticed before SQS takes it away. */
export const maxHoldMs = longestMs - 5 * 60_000;

/** Renews the visibility of everything held, running or waiting, and says what is not ours any more. */
export interface Leases {
  /** `sentMs`: when the poll that brought it was sent, by the monotonic clock. */
  add(hand: Hand, sentMs: number): void;
  /** Whether it is still certainly ours; where it is not, `onLost` has been called. */
  isOurs(hand: Hand): boolean;
  /** No more renewed; it is still watched until its end. */
  letGo(hand: Hand): void;
  end(hand: Hand): void;
  /** What SQS takes as the visibility of this message, in whole seconds. */
  visibilityMs(hand: Hand, wantedMs: number): number;
}

export interface LeasesParts {
  readonly settings: Pick<SqsSettings, 'clock' | 'random' | 'visibilityTimeoutMs'>;
  readonly counters: Counters;
  readonly changes: Batches<VisibilityEntry>;
  readonly onLost: (hand: Hand, reason: Error) => void;
}

export function createLeases({ settings, counters, changes, onLost }: LeasesParts): Leases {
  const { clock, random, visibilityTimeoutMs } = settings;
  /** Renewed between a third and a half, so that what is due soon goes into the same call. */
  const early = visibilityTimeoutMs / 6;
  const margin = Math.min(visibilityTimeoutMs / 10, 5_000);
  const backoff = { firstDelayMs: visibilityTimeoutMs / 30, maxDelayMs: early };
  const held = new Set<Hand>();
  const letGo = new Set<Hand>();
  let dueMs = Infinity;
  let cancelTimer: (() => void) | undefined;

  const lostAtMs = ({ lease, receivedMs }: Hand): number => Math.min(lease.endsMs - margin, receivedMs + maxHoldMs);
  const isRenewable = (hand: Hand): boolean => hand.lease.renewing === undefined && !letGo.has(hand);

  function watch(hand: Hand): void {
    const nextMs = Math.min(lostAtMs(hand), isRenewable(hand) ? hand.lease.renewAtMs : Infinity);
    if (nextMs >= dueMs) return;
    cancelTimer?.();
    dueMs = nextMs;
    cancelTimer = clock.after(Math.max(0, nextMs - clock.monotonicMs()), sweep);
  }

  function sweep(): void {
    [dueMs, cancelTimer] = [Infinity, undefined];
    const nowMs = clock.monotonicMs();
    for (const hand of [...held]) {
      if (!held.has(hand) || !isOurs(hand)) continue;
      const { renewAtMs, tries } = hand.lease;
      if (isRenewable(hand) && renewAtMs <= nowMs + (tries > 0 ? 0 : early)) hand.lease.renewing = renew(hand);
    }
    for (const hand of held) watch(hand);
  }

  async function renew(hand: Hand): Promise<void> {
    const { lease, received } = hand;
    const sentMs = clock.monotonicMs();
    const forMs = visibilityMs(hand, visibilityTimeoutMs);
    counters.add('renewals');
    const outcome = await changes.add({ receipt: received.receipt, visibilityMs: forMs });
    lease.renewing = undefined;
    if (!held.has(hand)) return;
    settle(hand, outcome, sentMs, forMs);
    if (held.has(hand)) watch(hand);
  }

  function settle(hand: Hand, outcome: EntryOutcome, sentMs: number, forMs: number): void {
    const { lease } = hand;
    if (outcome.ok) {
      lease.tries = 0;
      lease.failure = undefined;
      lease.endsMs = sentMs + forMs;
      lease.renewAtMs = sentMs + forMs / 2;
    } else if (outcome.error.kind === 'stale_receipt' || outcome.error.kind === 'no_queue') {
      lose(hand, new Error(`SQS has taken this delivery away: ${outcome.error.message}`, { cause: outcome.error }));
    } else {
      lease.tries += 1;
      lease.failure = outcome.error;
      lease.renewAtMs = clock.monotonicMs() + backoffMs(lease.tries, backoff, random);
    }
  }

  function lose(hand: Hand, reason: Error): void {
    end(hand);
    onLost(hand, reason);
  }

  function isOurs(hand: Hand): boolean {
    if (!held.has(hand)) return false;
    const nowMs = clock.monotonicMs();
    if (nowMs < lostAtMs(hand)) return true;
    const { failure: cause } = hand.lease;
    const isTooLong = nowMs >= hand.receivedMs + maxHoldMs;
    const why = isTooLong
      ? `it was held for ${Math.floor((nowMs - hand.receivedMs) / 60_000)} min, and SQS takes a message away after 12 h`
      : `its visibility could not be renewed in time${cause ? `: ${cause.message}` : ''}`;
    lose(hand, new Error(`this delivery goes back to SQS: ${why}`, { cause }));
    return false;
  }

  function end(hand: Hand): void {
    held.delete(hand);
    letGo.delete(hand);
    if (held.size > 0) return;
    cancelTimer?.();
    [dueMs, cancelTimer] = [Infinity, undefined];
  }

  function visibilityMs(hand: Hand, wantedMs: number): number {
    const leftMs = hand.receivedMs + longestMs - clock.monotonicMs();
    return Math.max(0, Math.min(Math.ceil(wantedMs / 1_000), Math.floor(leftMs / 1_000) - 1)) * 1_000;
  }

  return {
    add(hand, sentMs) {
      hand.lease = firstLease(sentMs, clock.monotonicMs(), visibilityTimeoutMs);
      held.add(hand);
      watch(hand);
    },
    isOurs,
    letGo(hand) {
      if (held.has(hand)) letGo.add(hand);
    },
    end,
    visibilityMs,
  };
}

/**
 * When SQS handed it out is not known, only when it was asked. After a poll that lasted, the first renewal comes soon,
 * and proves it.
 */
function firstLease(sentMs: number, nowMs: number, visibilityTimeoutMs: number): Lease {
  const third = visibilityTimeoutMs / 3;
  const state = { renewing: undefined, tries: 0, failure: undefined };
  if (nowMs - sentMs <= third) {
    return { ...state, endsMs: sentMs + visibilityTimeoutMs, renewAtMs: sentMs + visibilityTimeoutMs / 2 };
  }
  return { ...state, endsMs: nowMs + third, renewAtMs: nowMs + Math.min(1_000, third / 2) };
}
