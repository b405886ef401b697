import { createHash } from 'node:crypto';
import { systemClock } from '../../core/clock.js';
import { RpcError } from '../../core/errors.js';
import { systemRandom } from '../../core/random.js';
import type { Abandoned, Claim, IdempotencyStore, Running, Settled, Unclaimed } from '../idempotency.js';
import { claimScript } from './claim-script.js';
import { closedError } from './errors.js';
import { createLeases } from './leases.js';
import { createLink, type Reply } from './link.js';
import { positive, type RedisStoreOptions } from './options.js';
import { createWatch } from './watch.js';

export interface RedisIdempotencyOptions extends RedisStoreOptions {
  /**
   * After how long a claim of a worker that crashed counts as abandoned; 10 s by default. Renewed at a third; who
   * could not renew for two thirds is told that its claim is lost.
   */
  readonly leaseMs?: number;
  /** How long an answer is kept, a claim that was abandoned, and that a key was started at all; 24 hours by default. */
  readonly keepMs?: number;
  /** The longest answer that is kept, in bytes of UTF-8; 4 MiB by default. A longer one is refused as `too_large`. */
  readonly maxReplyBytes?: number;
}

/**
 * Remembers keys in Redis, for all workers that share it and a namespace. Durable as far as that Redis is: switch on
 * its append-only file, and let it evict nothing (`noeviction`). Leases run by the clock of Redis.
 *
 * While Redis is away, each step rejects as `unavailable`, not_executed, within `commandTimeoutMs`; a claim whose
 * answer was lost is taken back once Redis answers again. A step that may be repeated is: `settle` with one claim says
 * 'recorded' each time.
 * @throws TypeError for an option that cannot be.
 */
export function createRedisIdempotencyStore(options: RedisIdempotencyOptions): IdempotencyStore & AsyncDisposable {
  const { clock = systemClock, random = systemRandom } = options;
  const leaseMs = Math.ceil(positive('leaseMs', options.leaseMs ?? 10_000));
  const keepMs = Math.ceil(positive('keepMs', options.keepMs ?? 86_400_000));
  const maxReplyBytes = positive('maxReplyBytes', options.maxReplyBytes ?? 4 * 2 ** 20);
  const keyOfToken = new Map<string, string>();
  let closing: Promise<void> | undefined;
  const leases = createLeases({ clock, leaseMs, on: 'claims', renew });
  const watch = createWatch({ clock, ask });
  const link = createLink(options, {
    script: claimScript,
    on: { message: (token) => watch.heard(token), awake: () => watch.askAgain() },
  });

  async function read(key: string): Promise<Unclaimed | Running | Abandoned | Settled> {
    const at = place(key);
    const reply = await link.step([at], ['read']);
    if (reply[0] !== 'none') return known(at, reply);
    return reply[1] === 1 ? { state: 'none', hasStarted: true } : { state: 'none' };
  }

  async function claim(key: string, fingerprint: string) {
    const at = place(key);
    const token = random.uuid();
    const sinceMs = clock.monotonicMs();
    const reply = await link.step([at], ['claim', fingerprint, token, leaseMs, keepMs], () => undo(at, token));
    if (reply[0] === 'fresh') return claimed(at, token, Number(reply[1]), sinceMs);
    return reply[0] === 'mismatch' ? ({ state: 'mismatch' } as const) : known(at, reply);
  }

  /** A digest: keys of a store are short, and what is in it is nobody's business. */
  function place(key: string): string {
    return `${link.prefix}claim:${createHash('sha256').update(key).digest('hex')}`;
  }

  function known(at: string, [state, print, tokenOrReply, starts]: Reply): Running | Abandoned | Settled {
    const [fingerprint, text] = [String(print), String(tokenOrReply)];
    if (state === 'settled') return { state, fingerprint, reply: text };
    if (state === 'abandoned') return abandoned(at, fingerprint, text, Number(starts));
    return { state: 'running', fingerprint, changed: (signal) => watch.changed(at, text, signal) };
  }

  function abandoned(at: string, fingerprint: string, seen: string, starts: number): Abandoned {
    return {
      state: 'abandoned',
      fingerprint,
      starts,
      async park(reply) {
        checkSize(reply);
        const [found] = await link.step([at], ['park', seen, random.uuid(), reply, keepMs]);
        return found === 'parked' ? 'parked' : 'lost';
      },
      async takeOver() {
        const token = random.uuid();
        const sinceMs = clock.monotonicMs();
        const args = ['takeOver', seen, token, leaseMs, keepMs];
        const [found, count] = await link.step([at], args, () => undo(at, token));
        return found === 'fresh' ? claimed(at, token, Number(count), sinceMs) : 'lost';
      },
    };
  }

  function claimed(at: string, token: string, starts: number, sinceMs: number): Claim {
    const loss = new AbortController();
    keyOfToken.set(token, at);
    leases.add(token, { sinceMs, lost: (reason) => loss.abort(reason) });
    function drop(): void {
      keyOfToken.delete(token);
      leases.drop(token);
    }
    return {
      state: 'fresh',
      starts,
      signal: loss.signal,
      async settle(reply) {
        checkSize(reply);
        const [found] = await link.step([at], ['settle', token, reply, keepMs]);
        drop();
        return found === 'recorded' ? 'recorded' : 'lost';
      },
      async release(after) {
        await link.step([at], ['release', token, after?.hasStarted ? '1' : '0', keepMs]);
        drop();
      },
      async abandon() {
        drop();
        await link.persist(() => link.step([at], ['abandon', token, keepMs]), 0);
      },
    };
  }

  function undo(at: string, token: string): Promise<unknown> {
    return link.step([at], ['undo', token, keepMs]);
  }

  function checkSize(reply: string): void {
    const bytes = Buffer.byteLength(reply);
    if (bytes <= maxReplyBytes) return;
    throw new RpcError(
      'too_large',
      `expected an answer to keep of at most ${maxReplyBytes} bytes, got ${bytes}; raise maxReplyBytes or answer less`,
    );
  }

  async function renew(ids: readonly string[]) {
    // Some may have ended since the first batch of them was sent.
    const tokens = ids.filter((token) => keyOfToken.has(token));
    if (tokens.length === 0) return { kept: new Set<string>() };
    const at = tokens.map((token) => keyOfToken.get(token) ?? '');
    const found = await link.step(at, ['renew', leaseMs, keepMs, ...tokens]);
    return { kept: new Set(tokens.filter((_, nth) => found[nth] === 1)) };
  }

  async function ask(at: string, token: string): Promise<number> {
    link.expectMessage();
    const [leftMs] = await link.step([at], ['watch', token, link.channel]);
    return Number(leftMs);
  }

  function close(): Promise<void> {
    return (closing ??= closeOnce());
  }

  async function closeOnce(): Promise<void> {
    leases.stop();
    watch.close(closedError());
    await link.close();
  }

  return { durable: true, remembersMs: keepMs, read, claim, close, [Symbol.asyncDispose]: close };
}
