import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { backoffMs } from '../../core/backoff.js';
import { delay, systemClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { systemRandom } from '../../core/random.js';
import { createConnection } from './connection.js';
import { clientOpener } from './open-client.js';
import { keyPrefix, positive, type RedisClient, type RedisStoreOptions } from './options.js';

export type Reply = readonly (string | number)[];

export interface LinkParts {
  /** All steps of one store: the first argument tells which. */
  readonly script: string;
  readonly on: {
    /** Another process has told this one something. */
    message(text: string): void;
    /** Messages may have been missed: look at what is waited for. */
    awake(): void;
  };
}

/** How one store reaches Redis: a connection for its steps, and one on which other processes tell it what has changed. */
export interface Link {
  readonly prefix: string;
  /** Where this store hears messages. */
  readonly channel: string;
  /**
   * Runs one step: all or nothing. Rejects with RpcError `unavailable` if it cannot be known that it was done; then
   * `undo` is run in the background if it may have been.
   */
  step(keys: readonly string[], args: readonly (string | number)[], undo?: () => Promise<unknown>): Promise<Reply>;
  /** Runs `task` again and again until it succeeds, for `forMs` at most. */
  persist(task: () => Promise<unknown>, forMs: number): Promise<void>;
  /** To be called before each step that publishes to the own channel: where such messages stop coming, the line is dead. */
  expectMessage(): void;
  close(): Promise<void>;
}

/** For this long a step whose answer was lost is undone: longer than any lease that it could have begun. */
const undoForMs = 60_000;
const longestUnheardMs = 5_000;

export function createLink(options: RedisStoreOptions, { script, on }: LinkParts): Link {
  const { clock = systemClock, random = systemRandom, log = silentLog } = options;
  const commandTimeoutMs = positive('commandTimeoutMs', options.commandTimeoutMs ?? 2_000);
  const prefix = keyPrefix(options.namespace);
  const open = clientOpener(options);
  const sha = createHash('sha1').update(script).digest('hex');
  const channel = `${prefix}to:${random.uuid()}`;
  const closing = new AbortController();
  // Many may wait for it; Node would write a warning about a leak to standard error.
  setMaxListeners(0, closing.signal);
  const unfinished = new Set<Promise<void>>();
  let subscribed: RedisClient | undefined;
  let unheardSinceMs: number | undefined;

  const commands = createConnection({ open, clock, commandTimeoutMs, log });
  const messages = createConnection({ open, clock, commandTimeoutMs, log: silentLog, onReady: listen });

  function listen(client: RedisClient): void {
    unheardSinceMs = undefined;
    // Once subscribed, a client comes back with its subscriptions.
    if (subscribed === client) {
      on.awake();
      return;
    }
    client.subscribe(channel, hear).then(
      () => {
        subscribed = client;
        on.awake();
      },
      (err: unknown) => log.warn({ err }, 'Redis refused a subscription; waiting ends with a poll instead'),
    );
  }

  function hear(text: string): void {
    unheardSinceMs = undefined;
    if (text !== '') on.message(text);
  }

  async function evaluate(client: RedisClient, keys: string[], args: string[]): Promise<Reply> {
    const parts = { keys, arguments: args };
    try {
      return (await client.evalSha(sha, parts)) as Reply;
    } catch (error) {
      // A server that was started anew, or another one of a cluster.
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return (await client.eval(script, parts)) as Reply;
      }
      throw error;
    }
  }

  async function step(keys: readonly string[], args: readonly (string | number)[], undo?: () => Promise<unknown>) {
    let wasSent = false;
    try {
      return await commands.run(
        (client) => evaluate(client, [...keys], args.map(String)),
        () => (wasSent = true),
      );
    } catch (error) {
      if (undo && wasSent) void persist(undo, undoForMs);
      throw error;
    }
  }

  function persist(task: () => Promise<unknown>, forMs: number): Promise<void> {
    const done = trying(task, clock.monotonicMs() + forMs).finally(() => unfinished.delete(done));
    unfinished.add(done);
    return done;
  }

  async function trying(task: () => Promise<unknown>, untilMs: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await task();
        return;
      } catch {
        if (closing.signal.aborted || clock.monotonicMs() >= untilMs) return;
      }
      const waitMs = backoffMs(attempt, { firstDelayMs: 100, maxDelayMs: 2_000 }, random);
      await delay(clock, waitMs, closing.signal).catch(() => undefined);
    }
  }

  function expectMessage(): void {
    const nowMs = clock.monotonicMs();
    unheardSinceMs ??= nowMs;
    if (nowMs - unheardSinceMs < longestUnheardMs) return;
    unheardSinceMs = undefined;
    messages.replace();
  }

  async function close(): Promise<void> {
    closing.abort();
    messages.close();
    await Promise.all(unfinished);
    commands.close();
  }

  return { prefix, channel, step, persist, expectMessage, close };
}
