import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import { TransportError } from '../../src/core/transport.js';
import { dropDeepHeaders } from './deep-headers.js';
import { dial } from './dial.js';
import { placeOf, type Endpoint } from './endpoints.js';
import { brokerTextOf, closedError, copyOf, failureKind, messageOf, notSent } from './errors.js';
import { createLink, type Link } from './link.js';
import type { AmqpSettings } from './options.js';
import { watchPulse } from './pulse.js';
import { explainDenial } from './setup-errors.js';

export interface ConnectionParts {
  readonly role: 'publish' | 'consume';
  readonly settings: AmqpSettings;
  /** Named on the broker, as of the moment it connects. */
  readonly name: () => string;
  /** Brings back what lives on a connection, before anybody else may use it. */
  readonly setUp: (link: Link) => Promise<void>;
  readonly onReady: (link: Link) => void;
  readonly onReconnect: () => void;
  readonly onBlocked: (blocked: boolean) => void;
  /** A message came with headers that could not be read. */
  readonly onHeadersDropped: () => void;
  readonly onChange: () => void;
}

/** One connection to a broker that comes back by itself. */
export interface Connection {
  readonly state: 'idle' | 'connecting' | 'ready' | 'closed';
  /** The one in use, once it is set up; undefined while there is none. */
  readonly link: Link | undefined;
  /** What keeps it from being ready, in words. */
  readonly trouble: string | undefined;
  /** Starts it if need be. Rejects if it was closed, or never came up and never will. */
  ready(): Promise<Link>;
  close(): Promise<void>;
}

/** How long one attempt may take: a peer that takes the connection and says nothing. */
const attemptLimitMs = 10_000;
/** A connection that lasted so long was sound; one that did not counts as a failed attempt. */
const soundAfterMs = 5_000;
const firstDelayMs = 200;
const longestDelayMs = { refused: 1_000, answered: 5_000, denied: 30_000 };

interface Waiter {
  readonly resolve: (link: Link) => void;
  readonly reject: (error: TransportError) => void;
}

export function createConnection(parts: ConnectionParts): Connection {
  const { settings, role } = parts;
  const { clock, random, log, endpoints } = settings;
  const waiters = new Set<Waiter>();
  let state: Connection['state'] = 'idle';
  let link: Link | undefined;
  let trouble: string | undefined;
  let everReady = false;
  let attempts = 0;
  let next = Math.floor(random.unit() * endpoints.length);
  let delayAfterFailure = 0;
  let refused: { readonly error: TransportError; readonly untilMs: number } | undefined;
  let running = new AbortController();

  function change(to: Connection['state'], why?: string): void {
    state = to;
    trouble = why;
    parts.onChange();
  }

  function settleWaiters(settle: (waiter: Waiter) => void): void {
    const all = [...waiters];
    waiters.clear();
    for (const waiter of all) settle(waiter);
  }

  async function run(signal: AbortSignal): Promise<void> {
    const { waitForBrokerMs } = settings;
    const cancelWait =
      waitForBrokerMs === undefined || everReady
        ? () => undefined
        : clock.after(waitForBrokerMs, () => {
            giveUp(
              notSent(
                'unavailable',
                `no broker within waitForBrokerMs (${waitForBrokerMs}): ${trouble ?? 'no answer yet'}`,
              ),
            );
          });
    while (!signal.aborted) {
      const endpoint = endpoints[next % endpoints.length];
      if (!endpoint) return;
      const opened = await attempt(endpoint, signal);
      if (opened) cancelWait();
      const delayMs = opened ? await stay(opened, signal) : delayAfterFailure;
      next += 1;
      if (!signal.aborted) await delay(clock, delayMs, signal).catch(() => undefined);
    }
    cancelWait();
  }

  async function attempt(endpoint: Endpoint, signal: AbortSignal): Promise<Link | undefined> {
    const limit = new AbortController();
    const stop = () => limit.abort();
    const cancelLimit = clock.after(attemptLimitMs, stop);
    signal.addEventListener('abort', stop, { once: true });
    let opened: Link | undefined;
    try {
      const line = await dial(endpoint, parts.name(), settings, limit.signal);
      dropDeepHeaders(line.model, parts.onHeadersDropped);
      const fresh = createLink(line, endpoint, settings);
      opened = fresh;
      watchPulse(fresh, settings);
      // Setting it up has no limit of its own: the broker answers each step, or its pulse ends.
      cancelLimit();
      limit.signal.addEventListener('abort', () => fresh.cut(), { once: true });
      if (limit.signal.aborted) fresh.cut();
      opened.onBlocked(parts.onBlocked);
      if (!signal.aborted) await parts.setUp(opened);
      if (opened.isGone) throw new Error('the connection was lost while it was set up', { cause: opened.reason });
      if (!signal.aborted) return opened;
    } catch (error) {
      if (!signal.aborted) noteFailure(error, endpoint);
    } finally {
      cancelLimit();
      signal.removeEventListener('abort', stop);
    }
    opened?.cut();
    return undefined;
  }

  /** Resolves once the connection is gone, to how long to wait before the next attempt. */
  async function stay(current: Link, signal: AbortSignal): Promise<number> {
    const place = placeOf(current.endpoint);
    const sinceMs = clock.monotonicMs();
    if (everReady) parts.onReconnect();
    everReady = true;
    link = current;
    change('ready');
    log.info({ connection: role, broker: place }, 'connected');
    // At once, so that nobody uses it meanwhile; `gone` resolves later.
    current.onGone(() => {
      link = undefined;
      if (signal.aborted) return;
      const why = current.reason === undefined ? 'closed by the broker' : brokerTextOf(current.reason);
      log.warn({ connection: role, broker: place, reason: why }, 'connection lost');
      change('connecting', `the ${role} connection to ${place} was lost: ${why}`);
    });
    parts.onReady(current);
    settleWaiters(({ resolve }) => resolve(current));
    await current.gone;
    attempts = clock.monotonicMs() - sinceMs >= soundAfterMs ? 1 : attempts + 1;
    return backoffMs(attempts, { firstDelayMs, maxDelayMs: longestDelayMs.refused }, random);
  }

  function noteFailure(error: unknown, endpoint: Endpoint): void {
    const kind = error instanceof TransportError && error.code === 'setup' ? 'denied' : failureKind(error);
    const explained = kind === 'denied' ? explainDenial(error, endpoint, settings) : undefined;
    attempts += 1;
    const place = placeOf(endpoint);
    trouble = explained?.message ?? `no connection to ${place}: ${brokerTextOf(error).replace(` ${place}`, '')}`;
    parts.onChange();
    log.warn({ connection: role, broker: place, attempt: attempts, reason: trouble }, 'could not connect');
    delayAfterFailure = backoffMs(attempts, { firstDelayMs, maxDelayMs: longestDelayMs[kind] }, random);
    if (explained && !everReady) giveUp(explained);
  }

  /** The first start has failed. The next use tries again, but not before the delay has passed: no hot loop. */
  function giveUp(error: TransportError): void {
    if (state !== 'connecting' || everReady) return;
    running.abort();
    refused = { error, untilMs: clock.monotonicMs() + delayAfterFailure };
    change('idle', error.message);
    settleWaiters(({ reject }) => reject(copyOf(error)));
  }

  return {
    get state() {
      return state;
    },
    get link() {
      return link;
    },
    get trouble() {
      return trouble;
    },
    ready() {
      if (link) return Promise.resolve(link);
      if (state === 'closed') return Promise.reject(closedError());
      if (state === 'idle' && refused && clock.monotonicMs() < refused.untilMs) {
        return Promise.reject(copyOf(refused.error));
      }
      const waiting = new Promise<Link>((resolve, reject) => waiters.add({ resolve, reject }));
      if (state === 'idle') {
        running = new AbortController();
        change('connecting', 'connecting');
        run(running.signal).catch((error: unknown) =>
          log.error({ connection: role, reason: messageOf(error) }, 'connecting ended'),
        );
      }
      return waiting;
    },
    async close() {
      if (state === 'closed') return;
      change('closed');
      running.abort();
      settleWaiters(({ reject }) => reject(closedError()));
      await link?.close();
    },
  };
}
