import { backoffMs } from '../../src/core/backoff.js';
import { idOf, type Hand } from './hand.js';
import type { SqsParts } from './parts.js';
import type { Pasts } from './pasts.js';

/** What could not be set aside comes back after this, and a second. */
const backoff = { firstDelayMs: 1_000, maxDelayMs: 60_000 };
const longestReason = 2_000;

export interface SettingAsideParts extends Pick<SqsParts, 'settings' | 'counters' | 'setAside' | 'setProblem'> {
  readonly address: string;
  readonly pasts: Pasts;
  /** It is not ours any more. */
  readonly leave: (hand: Hand) => void;
  readonly giveBack: (hand: Hand, afterMs: number) => void;
  readonly remove: (hand: Hand) => Promise<void>;
}

/** Copies a message to the dead letters, and deletes it once they have it; `attempts`: those counted so far. */
export type SettingAside = (hand: Hand, reason: string, attempts: number) => Promise<void>;

export function createSettingAside(parts: SettingAsideParts): SettingAside {
  const { address, counters, pasts, settings } = parts;
  const { log, random } = settings;
  const about = `quarantine:${address}`;

  function failed(hand: Hand, error: unknown): void {
    const { messageId } = hand.received;
    const past = pasts.of(messageId);
    const failedCopies = past.failedCopies + 1;
    // What was counted as an attempt is not: its next delivery is the same one, for whatever reason it is set aside then.
    pasts.note(messageId, { ...past, failedCopies });
    counters.add('quarantine_failed');
    const why = error instanceof Error ? error.message : String(error);
    const problem = `the dead letters of ${JSON.stringify(address)} take nothing: ${why}`;
    log.error({ id: idOf(hand), address, reason: problem }, 'a delivery could not be quarantined; it comes back later');
    parts.setProblem(about, problem);
    if (hand.taken.signal.aborted) parts.leave(hand);
    else parts.giveBack(hand, 1_000 + backoffMs(failedCopies, backoff, random));
  }

  return async (hand, reason, attempts) => {
    hand.stage = 'settling';
    const { received, reading, firstSeenMs } = hand;
    const sender = reading.kind === 'request' ? reading.sender : undefined;
    const why = { reason: reason.slice(0, longestReason), attempts, sender, firstSeenMs };
    try {
      await parts.setAside(address, received, why);
    } catch (error) {
      failed(hand, error);
      return;
    }
    counters.add('quarantined');
    log.warn({ id: idOf(hand), address, reason }, 'quarantined');
    parts.setProblem(about, undefined);
    await parts.remove(hand);
  };
}
