import type { Clock } from '../../core/clock.js';

export interface LeasesOptions {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** What the leases are on, for the error of those that are lost. */
  readonly on: 'locks' | 'claims';
  /** Renews all of these in Redis; resolves to which of them were still there, and how soon to ask again at the latest. */
  readonly renew: (ids: readonly string[]) => Promise<{ kept: ReadonlySet<string>; againInMs?: number }>;
}

export interface LeaseHolding {
  /** When the step that took it was sent, by the monotonic clock: Redis counts from later on. */
  readonly sinceMs: number;
  /** Called once if it can no longer be relied on: not renewed for two thirds of the lease, or gone. */
  readonly lost: (reason: Error) => void;
}

/** What one process holds in Redis. One timer renews all of it, each a third of a lease after the last time at most. */
export interface Leases {
  /** Asks again within `againInMs`, if given. */
  add(id: string, holding: LeaseHolding, againInMs?: number): void;
  drop(id: string): void;
  /** Looks at the clock, whose timers may be late: what can no longer be relied on is lost now. */
  check(id: string): void;
  /** Renews now, and so looks at what has become of everything. */
  pulse(): void;
  /** Renews no more. What is held is lost in its time. */
  stop(): void;
}

interface Entry {
  readonly holding: LeaseHolding;
  /** When the step was sent that last renewed it. */
  sinceMs: number;
  cancelLoss: () => void;
}

export function createLeases({ clock, leaseMs, on, renew }: LeasesOptions): Leases {
  const entries = new Map<string, Entry>();
  const reliableMs = (leaseMs * 2) / 3;
  let cancelPulse: (() => void) | undefined;
  let pulseAtMs = Infinity;
  let isPulsing = false;
  let isAsked = false;
  let isStopped = false;

  function add(id: string, holding: LeaseHolding, againInMs = leaseMs): void {
    const { sinceMs } = holding;
    entries.set(id, { holding, sinceMs, cancelLoss: lossTimer(id, sinceMs) });
    // A process that stood still may hear of what it took before its timers run.
    check(id);
    arm(Math.min(leaseMs / 3, againInMs));
  }

  function check(id: string): void {
    const entry = entries.get(id);
    if (entry && clock.monotonicMs() - entry.sinceMs >= reliableMs) lose(id, 'no renewal for two thirds of');
  }

  function drop(id: string): void {
    entries.get(id)?.cancelLoss();
    entries.delete(id);
    if (entries.size === 0) disarm();
  }

  function lossTimer(id: string, sinceMs: number): () => void {
    return clock.after(sinceMs + reliableMs - clock.monotonicMs(), () => lose(id, 'no renewal for two thirds of'));
  }

  function lose(id: string, got: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    drop(id);
    entry.holding.lost(new Error(`expected the lease on these ${on} to be renewed, got ${got} ${leaseMs} ms`));
  }

  function arm(inMs: number): void {
    if (isStopped || isPulsing || entries.size === 0) return;
    const atMs = clock.monotonicMs() + inMs;
    if (atMs >= pulseAtMs) return;
    disarm();
    pulseAtMs = atMs;
    cancelPulse = clock.after(inMs, pulse);
  }

  function disarm(): void {
    cancelPulse?.();
    pulseAtMs = Infinity;
  }

  function pulse(): void {
    isAsked = isPulsing;
    if (isPulsing || isStopped || entries.size === 0) return;
    disarm();
    isPulsing = true;
    void renewAll().then((inMs) => {
      isPulsing = false;
      arm(isAsked ? 0 : inMs);
    });
  }

  /** Resolves to how soon to do it again. */
  async function renewAll(): Promise<number> {
    let inMs = leaseMs / 3;
    try {
      for (const ids of inBatches([...entries.keys()])) inMs = Math.min(inMs, await renewBatch(ids));
    } catch {
      return leaseMs / 30;
    }
    return Math.max(inMs, 1);
  }

  async function renewBatch(ids: readonly string[]): Promise<number> {
    const sentMs = clock.monotonicMs();
    const { kept, againInMs = Infinity } = await renew(ids);
    for (const id of ids) {
      const entry = entries.get(id);
      if (!entry) continue;
      entry.cancelLoss();
      if (kept.has(id)) {
        entry.sinceMs = sentMs;
        entry.cancelLoss = lossTimer(id, sentMs);
      } else lose(id, 'told that it is gone before its');
    }
    return againInMs;
  }

  function stop(): void {
    isStopped = true;
    disarm();
  }

  return { add, drop, check, pulse, stop };
}

/** Redis serves nobody else during a step. */
const batchSize = 500;

function* inBatches(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += batchSize) yield ids.slice(at, at + batchSize);
}
