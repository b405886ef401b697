import type { Disposition, Message } from '../../src/core/transport.js';
import { createDeadLetters, type DeadLetters } from './dead-letters.js';
import { createDelays } from './delays.js';
import { Held, type Holder } from './held.js';
import { createLeases } from './leases.js';
import { createLine } from './line.js';
import type { StoredMessage } from './message.js';
import type { MemorySettings } from './options.js';
import type { Turns } from './turns.js';

/** What waits at one address or inbox, and who takes it from there. */
export interface MemoryQueue {
  readonly name: string;
  /** The actions that reach it; undefined for an inbox, which takes all. */
  readonly actions: Set<string> | undefined;
  readonly holders: readonly Holder[];
  readonly deadLetters: DeadLetters;
  /** How many wait, those that come back later included. */
  length(): number;
  /** Whether it had room. */
  add(message: StoredMessage): boolean;
  attach(holder: Holder): void;
  /** Nothing more is handed to it; what it has stays with it. */
  detach(holder: Holder): void;
  /** Its connection is gone: what it had goes back. */
  abandon(holder: Holder): void;
  /** Whether the delivery was still its holder's to settle. */
  settle(held: Held, disposition: Disposition): boolean;
  renew(holder: Holder): void;
  /** Somebody may have room again. */
  wake(): void;
  /** Forgets what waits, but for what `keeps` says. Nothing may be out. */
  forget(keeps: (message: Message) => boolean): void;
}

/** A message that could not be set aside, because the quarantine is full, comes back after this. */
const failedRetryMs = 1_000;

export interface QueueParts {
  readonly settings: MemorySettings;
  readonly turns: Turns;
  readonly count: (what: 'expired' | 'leases_lapsed' | 'late_settles' | 'quarantine_full') => void;
}

export function createQueue(name: string, actions: Set<string> | undefined, parts: QueueParts): MemoryQueue {
  const { settings, turns, count } = parts;
  const { clock, signals, observe } = settings;
  const { countsAttempts, maxHoldMs, ordering } = settings.traits;
  const line = createLine(ordering);
  const delays = createDelays(clock, (message) => {
    line.putLast(message);
    wake();
  });
  const leases = createLeases({ clock, leaseMs: settings.leaseMs, maxHoldMs, onLapse: lapse });
  const holders: Holder[] = [];
  const deadLetters = createDeadLetters(settings.maxDeadLetters);
  let lastServed = 0;
  let handedOut = 0;
  let awake = false;

  function wake(): void {
    if (awake || line.ready() === 0 || holders.length === 0) return;
    awake = true;
    turns(handOut);
  }

  function handOut(): void {
    const sinceMs = clock.monotonicMs();
    for (let holder = nextFree(); holder; holder = nextFree()) {
      const message = takeLive();
      if (!message) break;
      hand(message, holder, sinceMs);
    }
    awake = false;
  }

  function hand(message: StoredMessage, holder: Holder, sinceMs: number): void {
    lastServed = holders.indexOf(holder);
    if (message.handedOut === 0) message.firstSeenMs = sinceMs;
    message.handedOut += 1;
    handedOut += 1;
    const attempt = countsAttempts ? message.handedOut : message.attempt;
    const held = new Held(message, holder, { number: handedOut, sinceMs, attempt, signals, clock });
    if (message.lostBy && message.lostBy.holder !== holder) message.lostBy.abort();
    message.lostBy = undefined;
    leases.add(held);
    observe?.(name, message.message, { kind: 'delivered' });
    holder.take(held);
  }

  function nextFree(): Holder | undefined {
    for (let step = 1; step <= holders.length; step += 1) {
      const holder = holders[(lastServed + step) % holders.length];
      if (holder?.isFree()) return holder;
    }
    return undefined;
  }

  function takeLive(): StoredMessage | undefined {
    for (let message = line.take(); message; message = line.take()) {
      const { expiresAt } = message.message;
      if (expiresAt === undefined || expiresAt > clock.now()) return message;
      line.done(message);
      count('expired');
      observe?.(name, message.message, { kind: 'expired' });
    }
    return undefined;
  }

  function giveBack(held: Held): void {
    held.stored.lostBy = held;
    held.delivery.isLost = true;
    line.putBack(held.stored);
    wake();
  }

  function lapse(held: Held): void {
    count('leases_lapsed');
    observe?.(name, held.stored.message, { kind: 'lapsed' });
    held.abort();
    giveBack(held);
  }

  function settle(held: Held, disposition: Disposition): boolean {
    if (!leases.remove(held)) {
      count('late_settles');
      observe?.(name, held.stored.message, { kind: 'late settle', disposition });
      return false;
    }
    observe?.(name, held.stored.message, { kind: 'settled', disposition });
    const message = held.stored;
    if (disposition.kind === 'ack') line.done(message);
    else if (disposition.kind === 'return') line.putBack(message);
    else if (disposition.kind === 'retry') retry(message, disposition.afterMs, disposition.uncounted !== true);
    else quarantine(message, disposition.reason);
    wake();
    return true;
  }

  function retry(message: StoredMessage, afterMs: number, counted: boolean): void {
    if (counted) message.attempt += 1;
    if (afterMs > 0) delays.add(message, afterMs);
    else line.putLast(message);
  }

  function quarantine(message: StoredMessage, reason: string): void {
    const firstSeen = clock.now() - (clock.monotonicMs() - message.firstSeenMs);
    if (deadLetters.add(message, reason, firstSeen)) {
      line.done(message);
      return;
    }
    count('quarantine_full');
    retry(message, failedRetryMs, false);
  }

  function hasRoom(): boolean {
    if (line.length() + delays.length() < settings.maxQueueLength) return true;
    // What has expired in front gives way before a new one is turned away.
    const front = takeLive();
    if (front) line.putBack(front);
    return line.length() + delays.length() < settings.maxQueueLength;
  }

  function detach(holder: Holder): void {
    const index = holders.indexOf(holder);
    if (index >= 0) holders.splice(index, 1);
    if (holders.length === 0) delays.pause();
  }

  return {
    name,
    actions,
    holders,
    deadLetters,
    length() {
      return line.length() + delays.length();
    },
    add(message) {
      if (!hasRoom()) return false;
      line.add(message);
      observe?.(name, message.message, { kind: 'accepted' });
      wake();
      return true;
    },
    attach(holder) {
      holders.push(holder);
      delays.start();
      wake();
    },
    detach,
    abandon(holder) {
      detach(holder);
      for (const held of leases.removeAllOf(holder).reverse()) {
        observe?.(name, held.stored.message, { kind: 'given back' });
        giveBack(held);
      }
    },
    settle,
    renew: (holder) => leases.renew(holder),
    wake,
    forget(keeps) {
      for (const delayed of delays.drain()) line.putLast(delayed);
      line.keep(({ message }) => {
        const stays = keeps(message);
        if (!stays) observe?.(name, message, { kind: 'lost' });
        return stays;
      });
    },
  };
}
