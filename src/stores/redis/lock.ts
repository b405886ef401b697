import { onAbort } from '../../core/abort.js';
import { systemClock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import { systemRandom } from '../../core/random.js';
import type { Held, HoldOptions, LockKey, LockProvider } from '../lock.js';
import { mergedKeys } from '../merged-keys.js';
import { closedError, unavailable } from './errors.js';
import { createLeases } from './leases.js';
import { createLink } from './link.js';
import { lockScript } from './lock-script.js';
import { positive, type RedisStoreOptions } from './options.js';

export interface RedisLockOptions extends RedisStoreOptions {
  /**
   * How long a lock outlives a worker that crashed; 30 s by default. Renewed at a third; who could not renew for two
   * thirds is told that its lock is lost, before anybody else gets it.
   */
  readonly leaseMs?: number;
}

/** One `hold`, from its first step to its end. */
interface Ticket {
  readonly id: string;
  readonly loss: AbortController;
  /** When the step was sent that last said it was there. */
  sinceMs: number;
  state: 'taking' | 'waiting' | 'held' | 'over';
  /** Redis knows it, and has to be told of its end. */
  isKnown: boolean;
  /** A message that overtook the answer to the first step: kept until that says that the ticket is there. */
  earlyFence: number | undefined;
  granted: (fence: number) => void;
  refused: (reason: unknown) => void;
}

/** Messages tell who waits; asking now and then is for those that got lost. */
const pollMs = 2_000;

/**
 * Locks among all workers that share a Redis and a namespace, first come first served, in the same modes and with the
 * same rules for nested requests as in memory. Leases run by the clock of Redis, so that no worker's clock matters;
 * fences rise even if Redis loses its data.
 *
 * `held.signal` aborts once the lock can no longer be relied on. While Redis is away, `hold` rejects as `unavailable`,
 * not_executed, within `commandTimeoutMs`; who waits keeps its place if Redis is back within two thirds of the lease.
 * @throws TypeError for an option that cannot be.
 */
export function createRedisLockProvider(options: RedisLockOptions): LockProvider & AsyncDisposable {
  const { clock = systemClock, random = systemRandom } = options;
  const leaseMs = positive('leaseMs', options.leaseMs ?? 30_000);
  const tickets = new Map<string, Ticket>();
  /** First steps under way: what they take may be wanted no more, and is to be given back. */
  const taking = new Set<Promise<void>>();
  let waiting = 0;
  let closing: Promise<void> | undefined;
  const leases = createLeases({ clock, leaseMs, on: 'locks', renew });
  const link = createLink(options, {
    script: lockScript,
    on: { message: heard, awake: () => (waiting > 0 ? leases.pulse() : undefined) },
  });
  const keys = ['tickets', 'leases', 'waiting', 'held', 'fence'].map((name) => `${link.prefix}lock:${name}`);

  async function hold<T>(wanted: readonly LockKey[], wish: HoldOptions, work: (held: Held) => Promise<T>): Promise<T> {
    if (closing) throw closedError();
    wish.signal.throwIfAborted();
    const ticket = newTicket();
    tickets.set(ticket.id, ticket);
    try {
      const fence = await turnOf(ticket, mergedKeys(wanted), wish);
      return await work({ signal: ticket.loss.signal, check: () => leases.check(ticket.id), fence });
    } finally {
      end(ticket);
    }
  }

  function newTicket(): Ticket {
    const nothing = (): void => undefined;
    const id = random.uuid();
    return {
      id,
      loss: new AbortController(),
      sinceMs: clock.monotonicMs(),
      state: 'taking',
      isKnown: false,
      earlyFence: undefined,
      granted: nothing,
      refused: nothing,
    };
  }

  function turnOf(ticket: Ticket, wanted: readonly LockKey[], wish: HoldOptions): Promise<number> {
    const { id } = ticket;
    return new Promise<number>((resolve, reject) => {
      const off = onAbort(wish.signal, () => ticket.refused(wish.signal.reason));
      function settle(state: Ticket['state'], done: () => void): void {
        if (ticket.state === 'held' || ticket.state === 'over') return;
        if (ticket.state === 'waiting') waiting -= 1;
        ticket.state = state;
        off();
        done();
      }
      ticket.granted = (fence) => {
        // A process that stood still may hear of its turn before its timers run.
        if (clock.monotonicMs() - ticket.sinceMs >= (leaseMs * 2) / 3) ticket.refused(lostPlace());
        else settle('held', () => resolve(fence));
      };
      ticket.refused = (reason) => settle('over', () => reject(reason));
      const taken = take(ticket, wanted, wish).then(
        ([state, ...rest]) => {
          if (state === 'deadlock') return ticket.refused(deadlockError(rest));
          // It gave up meanwhile, and was ended when it was not known yet.
          if (ticket.state === 'over') return leave(id);
          ticket.isKnown = true;
          const lost = (reason: Error): void => {
            ticket.loss.abort(reason);
            ticket.refused(lostPlace(reason));
          };
          leases.add(id, { sinceMs: ticket.sinceMs, lost }, state === 'held' ? undefined : lookAgainMs(rest[0]));
          if (ticket.loss.signal.aborted) return;
          if (state === 'held') return ticket.granted(Number(rest[0]));
          ticket.state = 'waiting';
          waiting += 1;
          if (ticket.earlyFence !== undefined) ticket.granted(ticket.earlyFence);
          else wish.onWait?.();
        },
        (error: unknown) => ticket.refused(error),
      );
      taking.add(taken);
      void taken.then(() => taking.delete(taken));
    });
  }

  function take(ticket: Ticket, wanted: readonly LockKey[], { owner, ancestors }: HoldOptions) {
    const places = wanted.flatMap((key) => [key.name, key.mode, key.mode === 'limit' ? key.limit : 0]);
    const who = [ticket.id, leaseMs, link.channel, owner, JSON.stringify(ancestors)];
    return link.step(keys, ['take', ...who, ...places], () => leaving(ticket.id));
  }

  async function renew(ids: readonly string[]) {
    const sentMs = clock.monotonicMs();
    if (waiting > 0) link.expectMessage();
    const [nextLapseMs, ...fences] = await link.step(keys, ['renew', leaseMs, waiting > 0 ? link.channel : '', ...ids]);
    const kept = new Set<string>();
    for (const [nth, id] of ids.entries()) {
      const [fence, ticket] = [Number(fences[nth]), tickets.get(id)];
      if (fence < 0 || !ticket) continue;
      kept.add(id);
      ticket.sinceMs = sentMs;
      if (fence > 0) ticket.granted(fence);
    }
    return waiting > 0 ? { kept, againInMs: lookAgainMs(nextLapseMs) } : { kept };
  }

  function heard(text: string): void {
    const [id = '', fence] = text.split(' ');
    const ticket = tickets.get(id);
    if (ticket?.state === 'taking') ticket.earlyFence = Number(fence);
    else ticket?.granted(Number(fence));
  }

  function end(ticket: Ticket): void {
    ticket.state = 'over';
    tickets.delete(ticket.id);
    leases.drop(ticket.id);
    if (ticket.isKnown && !closing) leave(ticket.id);
  }

  /** In the background: whoever is next hears of it a moment later, and the answer need not wait for that. */
  function leave(id: string): void {
    void link.persist(() => leaving(id), leaseMs);
  }

  function leaving(id: string): Promise<unknown> {
    return link.step(keys, ['leave', id]);
  }

  function close(): Promise<void> {
    return (closing ??= closeOnce());
  }

  async function closeOnce(): Promise<void> {
    leases.stop();
    for (const ticket of tickets.values()) {
      if (ticket.state === 'waiting') leave(ticket.id);
      ticket.refused(closedError());
    }
    await Promise.all(taking);
    await link.close();
  }

  return { hold, close, [Symbol.asyncDispose]: close };
}

/** Right after the next lease that lapses if nobody renews it. */
function lookAgainMs(nextLapseMs: string | number | undefined): number {
  return Math.min(pollMs, Number(nextLapseMs) + 1);
}

function lostPlace(reason?: Error): RpcError {
  return unavailable('expected to keep the place in the line for a lock, got no word from Redis for too long', reason);
}

function deadlockError(names: Iterable<unknown>): RpcError {
  const list = Array.from(names, (name) => JSON.stringify(name)).join(', ');
  return new RpcError(
    'deadlock',
    `expected the locks of a nested request to come free, got ${list} held up by a request that waits for this one; ` +
      'take the lock in one of the two only, or call detached',
  );
}
