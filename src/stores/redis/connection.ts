import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import { closedError, unavailable } from './errors.js';
import type { RedisClient } from './options.js';

/** Longer than node-redis takes to give up a connection that is not accepted (5 s). */
const longestSilenceMs = 10_000;

const graceMs = 10;

export interface ConnectionOptions {
  readonly open: () => RedisClient;
  readonly clock: Clock;
  readonly commandTimeoutMs: number;
  readonly log: Logger;
  /** Called with each client once it is connected, and again whenever it has connected anew. */
  readonly onReady?: (client: RedisClient) => void;
}

/** One connection that comes back by itself, also from a server that answers nothing and from a client that gave up. */
export interface Connection {
  /**
   * Runs one command once connected. `sent` is called right before. Rejects with RpcError `unavailable` after the
   * command timeout, however Redis is away.
   */
  run<T>(command: (client: RedisClient) => Promise<T>, sent?: () => void): Promise<T>;
  /** Nothing is heard any more of this connection, though it seems to be up: opens another. */
  replace(): void;
  close(): void;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { open, clock, commandTimeoutMs, log, onReady } = options;
  const waiting = new Set<(client: RedisClient) => void>();
  const refusals = new Set<() => void>();
  let closed = false;
  let isAway = false;
  let heardMs = 0;
  let client = start();

  function start(): RedisClient {
    heardMs = clock.monotonicMs();
    const fresh = open();
    let tellsItself = false;
    fresh.on('error', (err) => {
      if (fresh !== client || closed) return;
      heardMs = clock.monotonicMs();
      if (!isAway) log.warn({ err }, 'Redis cannot be reached; trying again');
      isAway = true;
    });
    fresh.on('ready', () => {
      tellsItself = true;
      up(fresh);
    });
    fresh.connect().then(
      // A cluster has no such event.
      () => (tellsItself ? undefined : up(fresh)),
      // Why it gave up was told by its event; the next command starts another.
      () => undefined,
    );
    return fresh;
  }

  function up(fresh: RedisClient): void {
    if (fresh !== client || closed) return;
    if (isAway) log.info({}, 'Redis can be reached again');
    isAway = false;
    for (const go of waiting) go(fresh);
    waiting.clear();
    onReady?.(fresh);
  }

  function replace(): void {
    if (closed) return;
    const stale = client;
    client = start();
    destroy(stale);
  }

  function run<T>(command: (client: RedisClient) => Promise<T>, sent?: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (closed) {
        reject(closedError());
        return;
      }
      let user: RedisClient | undefined;
      // The answer may be there already, unread, where the event loop was blocked for so long.
      let cancel = clock.after(commandTimeoutMs, () => (cancel = clock.after(graceMs, giveUp)));
      function giveUp(): void {
        end(() => reject(unavailable(`expected Redis to answer within ${commandTimeoutMs} ms, got no answer`)));
        // Silent, though connected or about to be: what else it was asked will not be answered either.
        if (user ? user === client : clock.monotonicMs() - heardMs > longestSilenceMs) replace();
      }
      const refuse = () => end(() => reject(closedError()));
      function end(settle: () => void): void {
        cancel();
        waiting.delete(go);
        refusals.delete(refuse);
        settle();
      }
      function go(ready: RedisClient): void {
        user = ready;
        sent?.();
        command(ready).then(
          (result) => end(() => resolve(result)),
          (error: unknown) => end(() => reject(unavailable('expected Redis to do its step, got an error', error))),
        );
      }
      refusals.add(refuse);
      // The cluster of node-redis 5 cannot tell.
      if (client.isReady ?? client.isOpen) go(client);
      else {
        waiting.add(go);
        if (!client.isOpen) client = start();
      }
    });
  }

  function close(): void {
    if (closed) return;
    closed = true;
    destroy(client);
    for (const refuse of refusals) refuse();
  }

  return { run, replace, close };
}

function destroy(client: RedisClient): void {
  try {
    client.destroy();
  } catch {
    // It had given up by itself: there is nothing left to end.
  }
}
