import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import type { Disposition } from '../../src/core/transport.js';
import type { EntryOutcome, SqsError, VisibilityEntry } from './api.js';
import type { Batches } from './batches.js';
import type { Groups } from './groups.js';
import { idOf, type Hand } from './hand.js';
import type { Leases } from './leases.js';
import type { SqsParts } from './parts.js';
import type { Pasts } from './pasts.js';
import { isLasting } from './sdk-errors.js';
import { createSettingAside } from './setting-aside.js';

/** A call that failed is made again after this. */
const backoff = { firstDelayMs: 100, maxDelayMs: 5_000 };

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
  /** Resolves once SQS has done what was asked of it, or will not: deletes, copies, and what is on its way back. */
  settled(): Promise<void>;
}

export function createSettling(parts: SettlingParts): Settling {
  const { settings, counters, address, groups, leases, deletes, changes, pasts } = parts;
  const { clock, log, random } = settings;
  const underWay = new Set<Promise<void>>();
  const setAside = createSettingAside({ ...parts, leave, giveBack, remove });
  const about = `settling:${address}`;

  function track(work: Promise<void>): void {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  /** Not held any more, and nothing that came after it in its group may start. */
  function leave(hand: Hand): void {
    done(hand);
    for (const each of groups.takeFrom(hand)) release(each, 0);
  }

  function done(hand: Hand): void {
    leases.end(hand);
    parts.onDone(hand);
  }

  /** Its group waits meanwhile, for hours if nobody does something. */
  function refused({ message }: SqsError, tries: number): void {
    const problem = `deliveries of ${JSON.stringify(address)} cannot be settled: ${message}`;
    if (tries === 1) log.error({ address, reason: problem }, 'a delivery could not be settled; it is tried again');
    parts.setProblem(about, problem);
  }

  /** Again until SQS has done it, or says that the message is not ours, or it cannot be ours any more. */
  async function insist({ taken }: Hand, call: () => Promise<EntryOutcome>): Promise<'done' | 'stale' | 'over'> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await call();
      if (outcome.ok) {
        parts.setProblem(about, undefined);
        return 'done';
      }
      if (outcome.error.kind === 'stale_receipt' || outcome.error.kind === 'no_queue') return 'stale';
      counters.add('settle_retries');
      if (isLasting(outcome.error)) refused(outcome.error, tries);
      try {
        await delay(clock, backoffMs(tries, backoff, random), taken.signal);
      } catch {
        return 'over';
      }
    }
  }

  async function remove(hand: Hand): Promise<void> {
    hand.stage = 'settling';
    const end = leases.isOurs(hand) ? await insist(hand, () => deletes.add(hand.received.receipt)) : 'over';
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
    track(changeVisibility(hand, afterMs).then(() => done(hand)));
  }

  async function changeVisibility(hand: Hand, afterMs: number): Promise<void> {
    // A renewal on its way might arrive later, and win.
    if (hand.lease.renewing) await hand.lease.renewing;
    const visibilityMs = leases.visibilityMs(hand, afterMs);
    await insist(hand, () => changes.add({ receipt: hand.received.receipt, visibilityMs }));
  }

  function settle(hand: Hand, disposition: Disposition): void {
    const { messageId } = hand.received;
    const past = pasts.of(messageId);
    const counted = { ...past, retries: past.retries + 1 };
    switch (disposition.kind) {
      case 'ack':
        track(remove(hand));
        break;
      case 'return':
        counters.add('returned');
        giveBack(hand, 0);
        break;
      case 'retry':
        if (disposition.uncounted !== true) pasts.note(messageId, counted);
        counters.add('retries');
        // No NaN, and nothing negative.
        giveBack(hand, disposition.afterMs > 0 ? disposition.afterMs : 0);
        break;
      case 'quarantine':
        track(setAside(hand, disposition.reason, counted.retries));
    }
  }

  return {
    settle(hand, disposition) {
      if (hand.stage === 'running' && leases.isOurs(hand)) settle(hand, disposition);
      else counters.add('late_settles');
    },
    remove: (hand) => track(remove(hand)),
    giveBack,
    quarantine: (hand, reason) => track(setAside(hand, reason, pasts.of(hand.received.messageId).retries)),
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
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
