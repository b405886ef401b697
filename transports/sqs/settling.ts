import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import type { Disposition } from '../../src/core/transport.js';
import type { EntryOutcome, VisibilityEntry } from './api.js';
import type { Batches } from './batches.js';
import type { Groups } from './groups.js';
import { idOf, type Hand } from './hand.js';
import type { Leases } from './leases.js';
import type { SqsParts } from './parts.js';
import type { Pasts } from './pasts.js';

/** A call that failed is made again after this. */
const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 };
/** What could not be set aside comes back after this, and a second. */
const copyBackoff = { firstDelayMs: 1_000, maxDelayMs: 60_000 };
const longestReason = 2_000;

export interface SettlingParts extends Pick<SqsParts, 'settings' | 'counters' | 'setAside' | 'setProblem'> {
  readonly address: string;
  readonly groups: Groups<Hand>;
  readonly leases: Leases;
  readonly deletes: Batches<string>;
  readonly changes: Batches<VisibilityEntry>;
  readonly pasts: Pasts;
  /** It is not held any more. */
  readonly onDone: (hand: Hand) => void;
}

/** What becomes of a delivery. Each of these is the end of it here. */
export interface Settling {
  /** As its run says; where the delivery is not ours any more that is counted, and nothing is done. */
  settle(hand: Hand, disposition: Disposition): void;
  /** Deletes it; the next of its group starts once SQS has accepted that. */
  remove(hand: Hand): void;
  /** Visible again after that time, to anybody. Those behind it in its group go back with it: SQS keeps them waiting. */
  giveBack(hand: Hand, afterMs: number): void;
  quarantine(hand: Hand, reason: string): void;
  /** SQS has given it to somebody else, or will: it is left alone, and those behind it go back. */
  lose(hand: Hand, reason: Error): void;
  /** All that wait for another one of their group. */
  giveBackWaiting(): void;
  /** Resolves once what is on its way back is there. */
  givenBack(): Promise<void>;
}

export function createSettling(parts: SettlingParts): Settling {
  const { settings, counters, address, groups, leases, deletes, changes, pasts } = parts;
  const { clock, log, random } = settings;
  const releases = new Set<Promise<void>>();

  /** Not held any more, and nothing that came after it in its group may start. */
  function leave(hand: Hand): void {
    done(hand);
    for (const each of groups.takeFrom(hand)) release(each, 0);
  }

  function done(hand: Hand): void {
    leases.end(hand);
    parts.onDone(hand);
  }

  /** Again until SQS has done it, or says that the message is not ours, or it cannot be ours any more. */
  async function insist({ taken }: Hand, call: () => Promise<EntryOutcome>): Promise<'done' | 'stale' | 'over'> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await call();
      if (outcome.ok) return 'done';
      if (outcome.error.kind === 'stale_receipt' || outcome.error.kind === 'no_queue') return 'stale';
      counters.add('settle_retries');
      try {
        await delay(clock, backoffMs(tries, backoff, random), taken.signal);
      } catch {
        return 'over';
      }
    }
  }

  async function remove(hand: Hand): Promise<void> {
    hand.stage = 'settling';
    const end = hand.taken.signal.aborted ? 'over' : await insist(hand, () => deletes.add(hand.received.receipt));
    if (end === 'done') {
      counters.add('deletes');
      pasts.forget(hand.received.messageId);
      done(hand);
      groups.done(hand);
      return;
    }
    counters.add('failed_deletes');
    const fields = { id: idOf(hand), address, receiveCount: hand.received.receiveCount };
    log.warn(fields, 'a message that was done with could not be deleted in time; it may come again');
    leave(hand);
  }

  function giveBack(hand: Hand, afterMs: number): void {
    // In order, and the first one first: while that is invisible SQS hands out none of its group.
    for (const each of [hand, ...groups.takeFrom(hand)]) release(each, each === hand ? afterMs : 0);
  }

  function release(hand: Hand, afterMs: number): void {
    hand.stage = 'settling';
    leases.letGo(hand);
    const releasing = changeVisibility(hand, afterMs).then(() => {
      releases.delete(releasing);
      done(hand);
    });
    releases.add(releasing);
  }

  async function changeVisibility(hand: Hand, afterMs: number): Promise<void> {
    // A renewal on its way might arrive later, and win.
    if (hand.lease.renewing) await hand.lease.renewing;
    const visibilityMs = leases.visibilityMs(hand, afterMs);
    await insist(hand, () => changes.add({ receipt: hand.received.receipt, visibilityMs }));
  }

  async function quarantine(hand: Hand, reason: string, attempts: number): Promise<void> {
    hand.stage = 'settling';
    const { received, reading, firstSeenMs } = hand;
    const id = idOf(hand);
    const sender = reading.kind === 'request' ? reading.sender : undefined;
    try {
      const why = { reason: reason.slice(0, longestReason), attempts, sender, firstSeenMs };
      await parts.setAside(address, received, why);
    } catch (error) {
      notSetAside(hand, error);
      return;
    }
    counters.add('quarantined');
    log.warn({ id, address, reason }, 'quarantined');
    parts.setProblem(`quarantine:${address}`, undefined);
    await remove(hand);
  }

  function notSetAside(hand: Hand, error: unknown): void {
    const past = pasts.of(hand.received.messageId);
    const failedCopies = past.failedCopies + 1;
    pasts.note(hand.received.messageId, { ...past, failedCopies });
    counters.add('quarantine_failed');
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `the dead letters of ${JSON.stringify(address)} take nothing: ${reason}`;
    log.error({ id: idOf(hand), address, reason: problem }, 'a delivery could not be quarantined; it comes back later');
    parts.setProblem(`quarantine:${address}`, problem);
    if (hand.taken.signal.aborted) leave(hand);
    else giveBack(hand, 1_000 + backoffMs(failedCopies, copyBackoff, random));
  }

  function retry(hand: Hand, afterMs: number, isCounted: boolean): void {
    const { messageId } = hand.received;
    const past = pasts.of(messageId);
    if (isCounted) pasts.note(messageId, { ...past, retries: past.retries + 1 });
    counters.add('retries');
    giveBack(hand, afterMs);
  }

  return {
    settle(hand, disposition) {
      if (hand.stage !== 'running' || !leases.isOurs(hand)) {
        counters.add('late_settles');
        return;
      }
      switch (disposition.kind) {
        case 'ack':
          return void remove(hand);
        case 'return':
          counters.add('returned');
          return giveBack(hand, 0);
        case 'retry':
          return retry(hand, disposition.afterMs > 0 ? disposition.afterMs : 0, disposition.uncounted !== true);
        case 'quarantine':
          return void quarantine(hand, disposition.reason, pasts.of(hand.received.messageId).retries + 1);
      }
    },
    remove: (hand) => void remove(hand),
    giveBack,
    quarantine: (hand, reason) => void quarantine(hand, reason, pasts.of(hand.received.messageId).retries),
    lose(hand, reason) {
      hand.taken.abort(reason);
      if (hand.stage === 'settling') return;
      hand.stage = 'settling';
      counters.add('leases_lost');
      log.warn({ id: idOf(hand), address, reason: reason.message }, 'a delivery was lost');
      leave(hand);
    },
    giveBackWaiting() {
      for (const hand of groups.takeWaiting()) release(hand, 0);
    },
    async givenBack() {
      while (releases.size > 0) await Promise.all(releases);
    },
  };
}
