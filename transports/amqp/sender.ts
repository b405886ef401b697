import { TransportError } from '../../src/core/transport.js';
import type { Counters } from './counters.js';
import { closedError, copyOf, messageOf, notSent } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import { createOutlet, type Outlet, type Result } from './outlet.js';
import type { Parcel } from './parcel.js';
import { failureOf, refusalOf } from './send-results.js';
import { cancelled, createWaitingLine, type Waiting } from './waiting-line.js';

/** What must be in place on the broker before a parcel can be written. */
export interface Preparation {
  isDone(parcel: Parcel): boolean;
  /** Parcels with an equal key are prepared once. */
  keyOf(parcel: Parcel): string;
  /** @throws TransportError for the parcel; anything else means that the link is gone, and it is tried again. */
  prepare(parcel: Parcel, link: Link): Promise<void>;
  /** What was declared may be gone. */
  forget(): void;
}

export interface SenderParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly preparation: Preparation;
  /** Starts the connection; rejects where that cannot succeed. */
  readonly connect: () => Promise<unknown>;
  /** Why nothing can be written now. */
  readonly trouble: () => string | undefined;
}

export interface Sender {
  /** Resolves once the broker has it. Rejects with a TransportError and nothing else. */
  post(parcel: Parcel): Promise<void>;
  /** Sends that have not been written. */
  readonly waiting: number;
  readonly unconfirmed: number;
  /** Makes the channel that everything is written to. Part of setting up a link. */
  open(link: Link): Promise<void>;
  /** The link is ready: what waits is written. */
  start(): void;
  block(blocked: boolean): void;
  /** Publishing to this exchange works on this link. */
  prove(exchange: string): void;
  /** Requests that were to be answered at `inbox` can no longer be. */
  abandonInbox(inbox: string): void;
  /** Writes what waits and hears of what is written, as long as that can be expected to end. */
  close(): Promise<void>;
}

const unwritten = {};

export function createSender(parts: SenderParts): Sender {
  const { settings, counters, preparation } = parts;
  const { clock, confirmTimeoutMs, maxUnconfirmed, maxWaitingSends, log } = settings;
  const line = createWaitingLine({ clock, tooLate, onFailed: noteIdle });
  /** Taken out of the line until what they need is in place. */
  const groups = new Map<string, Set<Waiting>>();
  /** Exchanges to which a publish has succeeded on this link. */
  const proven = new Set<string>();
  const trials = new Set<Outlet<Waiting>>();
  let link: Link | undefined;
  let outlet: Outlet<Waiting> | undefined;
  let ready = false;
  let blocked = false;
  let full = false;
  let closing = false;
  let connecting = false;
  let onIdle: (() => void) | undefined;

  function isWritable(): boolean {
    return ready && !blocked && !full && outlet?.isOpen === true && outlet.unconfirmed < maxUnconfirmed;
  }

  function isPrepared(parcel: Parcel): boolean {
    return proven.has(parcel.exchange) && preparation.isDone(parcel);
  }

  function pump(): void {
    while (isWritable() && link && outlet) {
      const { first } = line;
      if (!first) break;
      if (isPrepared(first.parcel)) write(first, outlet, link);
      else join(first, link);
    }
    noteIdle();
  }

  function unconfirmed(): number {
    let count = outlet?.unconfirmed ?? 0;
    for (const trial of trials) count += trial.unconfirmed;
    return count;
  }

  function noteIdle(): void {
    if (onIdle && line.count === 0 && unconfirmed() === 0) onIdle();
  }

  /** Returns whether it was written; where not, its sender has been told. */
  function write(item: Waiting, to: Outlet<Waiting>, current: Link): boolean {
    const { parcel, reject } = item;
    const nowMs = clock.now();
    line.leave(item);
    if (parcel.expiresAt !== undefined && parcel.expiresAt <= nowMs) {
      reject(tooLate());
      return false;
    }
    try {
      item.properties = parcel.properties(current, nowMs);
      const roomLeft = to.write(item);
      if (to === outlet) full = !roomLeft;
      counters.add('sent');
      return true;
    } catch (error) {
      reject(
        to.isOpen
          ? notSent('rejected', `expected a message that AMQP can carry, got: ${messageOf(error)}`, error)
          : notSent('unavailable', 'the channel was closed before the message was written', error),
      );
      return false;
    }
  }

  function conclude({ parcel, resolve, reject }: Waiting, result: Result, refusal?: TransportError): void {
    if (result.kind === 'confirmed') resolve();
    else {
      if (result.kind === 'returned') counters.add('returned');
      if (result.kind === 'nacked') counters.add('nacked');
      reject(refusal ?? failureOf(result, parcel));
    }
    if (onIdle || line.count > 0) pump();
  }

  function join(item: Waiting, current: Link): void {
    const key = preparation.keyOf(item.parcel);
    const group = groups.get(key);
    if (group) {
      line.move(item, group);
      return;
    }
    const members = new Set<Waiting>();
    line.move(item, members);
    groups.set(key, members);
    void prepareGroup(key, members, item.parcel, current);
  }

  async function prepareGroup(key: string, members: Set<Waiting>, parcel: Parcel, current: Link): Promise<void> {
    let refusal: TransportError | undefined;
    try {
      await preparation.prepare(parcel, current);
      if (!proven.has(parcel.exchange) && ready && link === current)
        refusal = await tryOut(parcel.exchange, members, current);
    } catch (error) {
      // Anything else is a lost link: they wait for the next.
      if (error instanceof TransportError && !current.isGone) refusal = error;
    }
    groups.delete(key);
    for (const item of refusal ? [...members] : []) line.fail(item, copyOf(refusal));
    line.putBack([...members]);
    pump();
  }

  /**
   * The first publish to an exchange goes on a channel of its own: a broker that refuses it closes the channel, and
   * everything unconfirmed on it is lost. Resolves to what keeps the others from going there too.
   */
  async function tryOut(exchange: string, members: Set<Waiting>, current: Link): Promise<TransportError | undefined> {
    let refusal: TransportError | undefined;
    let onTried: () => void = () => undefined;
    const trial = createOutlet<Waiting>(await current.confirmChannel(), true, settings, {
      onSettled(item, result) {
        refusal = refusalOf(result, exchange);
        if (result.kind !== 'lost') proven.add(exchange);
        conclude(item, result, refusal);
        onTried();
      },
      onDrain: () => undefined,
      onClosed: () => undefined,
      onLateReturn: () => undefined,
      onTimeout: () => closeLate(trial),
    });
    trial.pause(blocked);
    trials.add(trial);
    try {
      for (const item of [...members]) {
        const tried = new Promise<void>((resolve) => (onTried = resolve));
        if (!write(item, trial, current)) continue;
        await tried;
        break;
      }
      return refusal;
    } finally {
      trials.delete(trial);
      trial.close(undefined);
    }
  }

  function closeLate(late: Outlet<Waiting>): void {
    counters.add('confirm_timeouts');
    log.warn({ confirmTimeoutMs }, 'the broker did not confirm in time; the channel is replaced');
    late.close(new Error(`no confirm within confirmTimeoutMs (${confirmTimeoutMs})`));
  }

  function tooLate(): TransportError {
    if (blocked)
      return notSent('blocked', 'the broker took nothing from senders until the time of the message was over');
    return notSent(
      'unavailable',
      `the time of the message was over before it could be sent: ${parts.trouble() ?? 'others were before it'}`,
    );
  }

  async function openOutlet(current: Link): Promise<void> {
    // A broker that does not even open a channel is not there.
    const cancel = clock.after(confirmTimeoutMs, () => {
      if (!current.isBlocked) current.cut();
    });
    try {
      const channel = settings.confirms ? await current.confirmChannel() : await current.channel();
      const opened = createOutlet<Waiting>(channel, settings.confirms, settings, {
        onSettled: conclude,
        onDrain() {
          if (outlet !== opened) return;
          full = false;
          pump();
        },
        onClosed: () => replace(opened, current),
        onLateReturn(exchange, routingKey) {
          counters.add('returned');
          log.warn({ exchange, routingKey }, 'a message was unroutable; without confirms its sender cannot be told');
        },
        onTimeout: () => closeLate(opened),
      });
      full = false;
      opened.pause(blocked);
      outlet = opened;
    } finally {
      cancel();
    }
  }

  function replace(gone: Outlet<Waiting>, current: Link): void {
    if (outlet === gone) outlet = undefined;
    if (closing || current.isGone || link !== current) return;
    counters.add('channels_replaced');
    // Whatever the broker refused, an exchange may be missing now.
    proven.clear();
    preparation.forget();
    openOutlet(current).then(pump, () => current.cut());
  }

  function connect(): void {
    if (connecting) return;
    connecting = true;
    parts
      .connect()
      .catch((error: unknown) => line.failAll(() => copyOf(error)))
      .finally(() => {
        connecting = false;
      });
  }

  return {
    post(parcel) {
      const { signal, expiresAt } = parcel;
      if (closing) return Promise.reject(closedError());
      if (signal?.aborted) return Promise.reject(cancelled(signal));
      if (expiresAt !== undefined && expiresAt <= clock.now()) return Promise.reject(tooLate());
      return new Promise((resolve, reject) => {
        const item: Waiting = { parcel, resolve, reject, properties: unwritten, sinceMs: 0 };
        if (line.count === 0 && link && outlet && isWritable() && isPrepared(parcel)) {
          write(item, outlet, link);
        } else if (parcel.kind === 'request' && line.count >= maxWaitingSends) {
          const why = parts.trouble() ?? 'the broker is slow';
          reject(
            notSent(
              'busy',
              `expected at most ${maxWaitingSends} sends to wait (maxWaitingSends), got one more: ${why}`,
            ),
          );
        } else {
          line.add(item);
          if (ready) pump();
          else connect();
        }
      });
    },
    get waiting() {
      return line.count;
    },
    get unconfirmed() {
      return unconfirmed();
    },
    async open(current) {
      proven.clear();
      preparation.forget();
      blocked = current.isBlocked;
      await openOutlet(current);
      link = current;
      current.onGone(() => {
        if (link !== current) return;
        link = undefined;
        ready = false;
        blocked = false;
      });
    },
    start() {
      ready = true;
      pump();
    },
    block(now) {
      blocked = now;
      outlet?.pause(now);
      for (const trial of trials) trial.pause(now);
      pump();
    },
    prove: (exchange) => void proven.add(exchange),
    abandonInbox(inbox) {
      const reason = new Error('the inbox for its reply is gone');
      for (const each of outlet ? [outlet, ...trials] : trials)
        each.abandon((parcel) => parcel.inbox === inbox, reason);
    },
    async close() {
      if (closing) return;
      closing = true;
      if (ready && !blocked && line.count + unconfirmed() > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.after(confirmTimeoutMs, resolve);
          onIdle = () => {
            cancel();
            resolve();
          };
          link?.onGone(onIdle);
        });
        onIdle = undefined;
      }
      ready = false;
      line.failAll(() => closedError());
      for (const each of outlet ? [outlet, ...trials] : trials) each.close(closedError());
    },
  };
}
