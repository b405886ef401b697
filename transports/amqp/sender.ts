import { TransportError } from '../../src/core/transport.js';
import type { Counters } from './counters.js';
import { closedError, copyOf, messageOf, notSent } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import type { Outlet, Result } from './outlet.js';
import { createOutlets } from './outlets.js';
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
  const { clock, confirmTimeoutMs, maxUnconfirmed, maxWaitingSends } = settings;
  const line = createWaitingLine({ clock, tooLate, onFailed: noteIdle });
  /** Taken out of the line until what they need is in place. */
  const groups = new Map<string, Set<Waiting>>();
  /** Exchanges to which a publish has succeeded on this link. */
  const proven = new Set<string>();
  const outlets = createOutlets({ settings, counters, onSettled: conclude, onRoom: pump, onReplace: forget });
  let link: Link | undefined;
  let ready = false;
  let blocked = false;
  let closing = false;
  let connecting = false;
  let onIdle: (() => void) | undefined;

  function forget(): void {
    proven.clear();
    preparation.forget();
  }

  /** Where to write now; undefined while nothing can be written. */
  function outlet(): Outlet<Waiting> | undefined {
    if (!ready || blocked || outlets.full) return undefined;
    const { main } = outlets;
    return main?.isOpen && main.unconfirmed < maxUnconfirmed ? main : undefined;
  }

  function isPrepared(parcel: Parcel): boolean {
    return proven.has(parcel.exchange) && preparation.isDone(parcel);
  }

  function pump(): void {
    for (;;) {
      const to = outlet();
      const { first } = line;
      if (!to || !first || !link) break;
      if (isPrepared(first.parcel)) write(first, to, link);
      else join(first, link);
    }
    noteIdle();
  }

  function noteIdle(): void {
    if (onIdle && line.count === 0 && outlets.unconfirmed === 0) onIdle();
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
      if (to === outlets.main) outlets.full = !roomLeft;
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

  function conclude({ parcel, resolve, reject, isTrial }: Waiting, result: Result): void {
    if (result.kind === 'confirmed') resolve();
    else {
      if (result.kind === 'returned') counters.add('returned');
      if (result.kind === 'nacked') counters.add('nacked');
      reject((isTrial ? refusalOf(result, parcel.exchange) : undefined) ?? failureOf(result, parcel));
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
      if (!proven.has(parcel.exchange)) refusal = await tryOut(parcel.exchange, members, current);
    } catch (error) {
      // With the link gone they wait for the next.
      if (!current.isGone) refusal = copyOf(error);
    }
    groups.delete(key);
    for (const item of refusal ? [...members] : []) line.fail(item, copyOf(refusal));
    line.putBack([...members]);
    pump();
  }

  /** The first publish to an exchange on a link. Resolves to what keeps the others from going there too. */
  async function tryOut(exchange: string, members: Set<Waiting>, current: Link): Promise<TransportError | undefined> {
    const result = await outlets.tryOut(current, (trial) => {
      if (link !== current || !ready) return false;
      for (const item of [...members]) {
        item.isTrial = true;
        if (write(item, trial, current)) return true;
      }
      return false;
    });
    if (result && result.kind !== 'lost') proven.add(exchange);
    return result && refusalOf(result, exchange);
  }

  function tooLate(): TransportError {
    if (blocked) {
      return notSent('blocked', 'the broker took nothing from senders until the time of the message was over');
    }
    const why = parts.trouble() ?? 'others were before it';
    return notSent('unavailable', `the time of the message was over before it could be sent: ${why}`);
  }

  function tooMany(): TransportError {
    const why = parts.trouble() ?? 'the broker is slow';
    const expected = `expected at most ${maxWaitingSends} sends to wait (maxWaitingSends), got one more: ${why}`;
    return notSent('busy', expected);
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

  /** What waits is written and what is written is confirmed, or neither can be expected any more. */
  function idle(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(confirmTimeoutMs, resolve);
      onIdle = () => {
        onIdle = undefined;
        cancel();
        resolve();
      };
      link?.onGone(onIdle);
    });
  }

  return {
    post(parcel) {
      const { signal, expiresAt } = parcel;
      if (closing) return Promise.reject(closedError());
      if (signal?.aborted) return Promise.reject(cancelled(signal));
      if (expiresAt !== undefined && expiresAt <= clock.now()) return Promise.reject(tooLate());
      return new Promise((resolve, reject) => {
        const item: Waiting = { parcel, resolve, reject, properties: unwritten, sinceMs: 0, isTrial: false };
        const to = line.count === 0 ? outlet() : undefined;
        if (to && link && isPrepared(parcel)) {
          write(item, to, link);
        } else if (parcel.kind === 'request' && line.count >= maxWaitingSends) {
          reject(tooMany());
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
      return outlets.unconfirmed;
    },
    async open(current) {
      forget();
      blocked = current.isBlocked;
      outlets.pause(blocked);
      await outlets.open(current);
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
      outlets.pause(now);
      pump();
    },
    prove: (exchange) => void proven.add(exchange),
    abandonInbox: (inbox) => outlets.abandonInbox(inbox),
    async close() {
      if (closing) return;
      closing = true;
      if (ready && !blocked && line.count + outlets.unconfirmed > 0) await idle();
      ready = false;
      line.failAll(() => closedError());
      outlets.close(closedError());
    },
  };
}
