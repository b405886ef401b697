import { systemClock, type Clock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import type { Held, HoldOptions, LockKey, LockProvider } from '../lock.js';
import { namesWithoutEnd } from './deadlock.js';
import { createLease } from './lease.js';
import type { Lines } from './line.js';
import { mergedKeys } from '../merged-keys.js';
import { allTickets, returnTicket, takeTicket, type MemoryLockState, type Ticket } from './ticket.js';

export type { MemoryLockState } from './ticket.js';

export interface MemoryLockOptions {
  readonly clock?: Clock;
  /** Shared with other providers, each of which then stands for a process: what one holds excludes the others. */
  readonly state?: MemoryLockState;
  /** With a shared state: how long what a closed provider still holds keeps others out; 30 s by default. */
  readonly leaseMs?: number;
}

/** The locks that several providers of one process share. */
export function createMemoryLockState(): MemoryLockState {
  const lines: Lines = new Map();
  return {
    lines,
    lastFence: 0,
    get size() {
      return lines.size;
    },
  };
}

/**
 * Locks among the requests of one process: one Map entry per name in use, granted in the same turn when free.
 *
 * Shared and limit exclude each other; where the limits of one name differ, the smallest of those granted counts
 * until nobody holds it. A nested request may join its ancestors in a mode they share without waiting behind others.
 * A nested request that would wait for ever is refused as `deadlock`, also where the circle leads through others.
 *
 * There is a `held.signal` only with a shared state, since one process alone cannot lose its locks. It is one signal
 * for all holds of the provider, so a listener put on it must be taken off again, and aborts for work that is still
 * on two thirds of a lease after `close`. After `close`, who waits or comes is refused as `unavailable`, not_executed.
 */
export function createMemoryLockProvider(options: MemoryLockOptions = {}): LockProvider & AsyncDisposable {
  const { clock = systemClock, leaseMs = 30_000 } = options;
  const state = options.state ?? createMemoryLockState();
  const lease = createLease({ clock, leaseMs, on: 'locks' });
  const lossSignal = options.state && lease.signal;

  async function hold<T>(keys: readonly LockKey[], wish: HoldOptions, work: (held: Held) => Promise<T>): Promise<T> {
    if (lease.stopped) throw closedError();
    const { owner, ancestors } = wish;
    const ticket = takeTicket(state, mergedKeys(keys), { owner, ancestors, lease });
    // Only who waits is asked for its signal, which may be made when asked for.
    if (ticket.waitsIn > 0) await turnOf(state, ticket, wish);
    try {
      return await work(lossSignal ? { signal: lossSignal, fence: ticket.fence } : { fence: ticket.fence });
    } finally {
      returnTicket(state, ticket);
      lease.drop();
    }
  }

  async function close(): Promise<void> {
    if (lease.stopped) return;
    const holding: Ticket[] = [];
    const waiting: Ticket[] = [];
    for (const ticket of allTickets(state)) {
      if (ticket.lease === lease) (ticket.waitsIn > 0 ? waiting : holding).push(ticket);
    }
    // A private state ends with its provider: there is nobody for whom anything could lapse.
    lease.stop(options.state ? holding.length : 0, () => {
      for (const ticket of holding) returnTicket(state, ticket);
    });
    for (const ticket of waiting) ticket.abandoned();
  }

  return { hold, close, [Symbol.asyncDispose]: close };
}

/** Resolves when its turn comes. Rejects, with the ticket returned, if it cannot come, the signal aborts or the provider closes. */
function turnOf(state: MemoryLockState, ticket: Ticket, { signal, onWait }: HoldOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      giveUp(signal.reason as Error);
      return;
    }
    function giveUp(reason: Error): void {
      signal.removeEventListener('abort', onAbort);
      returnTicket(state, ticket);
      reject(reason);
    }
    function onAbort(): void {
      giveUp(signal.reason as Error);
    }
    const stuckAt = ticket.ancestors.length > 0 ? namesWithoutEnd(state, ticket) : [];
    if (stuckAt.length > 0) {
      giveUp(deadlockError(stuckAt));
      return;
    }
    ticket.granted = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    ticket.abandoned = () => giveUp(closedError());
    signal.addEventListener('abort', onAbort, { once: true });
    onWait?.();
  });
}

function deadlockError(names: readonly string[]): RpcError {
  const list = names.map((name) => JSON.stringify(name)).join(', ');
  return new RpcError(
    'deadlock',
    `expected the locks of a nested request to come free, got ${list} held up by a request that waits for this one; ` +
      'take the lock in one of the two only, or call detached',
  );
}

function closedError(): RpcError {
  return new RpcError('unavailable', 'expected an open lock provider, got one that was closed', {
    outcome: 'not_executed',
  });
}
