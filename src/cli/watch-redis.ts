import { delay, type Clock } from '../core/clock.js';
import { RpcError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { shared, type LockProvider } from '../stores/lock.js';

/** Knows whether Redis does what it is asked to. */
export interface RedisWatch {
  /** Why it does not, since when; undefined while it does, and until the first look is over. */
  problem(): string | undefined;
  stop(): Promise<void>;
}

export interface RedisWatchParts {
  readonly locks: LockProvider;
  readonly clock: Clock;
  readonly random: Random;
  /** Which Redis, as a message names it. */
  readonly place: string;
  /** Why the connection was lost, where that is known. */
  readonly lastError: () => unknown;
}

const intervalMs = 5_000;

/** Looks every five seconds, by taking a lock: a Redis that is full or only to be read from answers, but takes nothing. */
export function watchRedis({ locks, clock, random, place, lastError }: RedisWatchParts): RedisWatch {
  const stopping = new AbortController();
  const { signal } = stopping;
  // Shared, with a name of this process: it waits for nobody, and nobody for it.
  const keys = [shared(`samovar.health.${random.uuid()}`)];
  let away: { readonly since: number; readonly reason: string } | undefined;

  async function look(): Promise<void> {
    try {
      await locks.hold(keys, { signal, owner: random.uuid(), ancestors: [] }, () => Promise.resolve());
      away = undefined;
    } catch (error) {
      away = { since: away?.since ?? clock.now(), reason: reasonOf(error, lastError()) };
    }
  }

  async function lookAgainAndAgain(): Promise<void> {
    while (!signal.aborted) {
      await look();
      await delay(clock, intervalMs, signal).catch(() => undefined);
    }
  }

  const ended = lookAgainAndAgain();
  return {
    problem() {
      if (!away) return undefined;
      const since = new Date(away.since).toISOString();
      return `Redis (${place}) is away since ${since}: ${away.reason}; requests with locks or keys fail`;
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** What Redis said, else why there is no connection, else that there was no answer. */
function reasonOf(error: unknown, lastError: unknown): string {
  const cause = error instanceof RpcError ? (error.cause ?? lastError ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  // Of several addresses that were tried, Node joins the errors into one without words.
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
