import type { TransportError } from '../../src/core/transport.js';
import type { Counters } from './counters.js';
import { closedError, copyOf, messageOf, notSent } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import type { Outlet, Result } from './outlet.js';
import { createOutlets } from './outlets.js';
import type { Parcel } from './parcel.js';
import type { Preparation } from './preparation.js';
import { createPreparedGroups } from './prepared-groups.js';
import { failureOf, refusalOf, tooLate, tooMany } from './send-errors.js';
import { cancelled, createWaitingLine, Waiting } from './waiting-line.js';

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
  waiting(): number;
  unconfirmed(): number;
  /** Makes the channel that everything is written to. Part of setting up a link. */
  open(link: Link): Promise<void>;
  /** The link is ready: what waits is written. */
  start(): void;
  block(blocked: boolean): void;
  /** Requests that were to be answered at `inbox` can no longer be. */
  abandonInbox(inbox: string): void;
  /** Writes what waits and hears of what is written, as long as that can be expected to end. */
  close(): Promise<void>;
}

export function createSender(parts: SenderParts): Sender {
  const { settings, counters, preparation } = parts;
  const { clock, confirmTimeoutMs, maxUnconfirmed, maxWaitingSends } = settings;
  const line = createWaitingLine({ clock, tooLate: late, onFailed: noteIdle });
  const outlets = createOutlets({
    settings,
    counters,
    onSettled: conclude,
    onRoom: pump,
    onReplace: () => preparation.forget(),
  });
  const join = createPreparedGroups({
    line,
    preparation,
    outlets,
    canWrite: (to) => ready && link === to,
    write,
    pump,
  });
  let link: Link | undefined;
  let ready = false;
  let blocked = false;
  let closing = false;
  let onIdle: (() => void) | undefined;

  /** Where to write now; undefined while nothing can be written. */
  function outlet(): Outlet<Waiting> | undefined {
    if (!ready || blocked || outlets.full) return undefined;
    const main = outlets.main();
    return main?.isOpen() && main.unconfirmed() < maxUnconfirmed ? main : undefined;
  }

  function pump(): void {
    for (;;) {
      const to = outlet();
      const first = line.first();
      if (!to || !first || !link) break;
      if (preparation.isDone(first.parcel)) write(first, to, link);
      else join(first, link);
    }
    noteIdle();
  }

  function late(): TransportError {
    return tooLate(blocked, parts.trouble());
  }

  function noteIdle(): void {
    if (onIdle && line.count() === 0 && outlets.unconfirmed() === 0) onIdle();
  }

  /** Returns whether it was written; where not, its sender has been told. */
  function write(item: Waiting, to: Outlet<Waiting>, current: Link): boolean {
    const { parcel, reject } = item;
    const nowMs = clock.now();
    line.leave(item);
    if (parcel.expiresAt !== undefined && parcel.expiresAt <= nowMs) {
      reject(late());
      return false;
    }
    if (parcel.isWanted?.() === false) {
      reject(cancelled(undefined));
      return false;
    }
    try {
      item.properties = parcel.properties(current, nowMs);
      const roomLeft = to.write(item);
      if (to === outlets.main()) outlets.full = !roomLeft;
      counters.add('sent');
      return true;
    } catch (error) {
      reject(
        to.isOpen()
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
      reject((isTrial && link ? refusalOf(result, parcel.exchange, link) : undefined) ?? failureOf(result, parcel));
    }
    if (onIdle || line.count() > 0) pump();
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
      if (expiresAt !== undefined && expiresAt <= clock.now()) return Promise.reject(late());
      return new Promise((resolve, reject) => {
        const item = new Waiting(parcel, resolve, reject);
        const to = line.count() === 0 ? outlet() : undefined;
        if (to && link && preparation.isDone(parcel)) {
          write(item, to, link);
        } else if (parcel.kind === 'request' && line.count() >= maxWaitingSends) {
          reject(tooMany(maxWaitingSends, parts.trouble()));
        } else {
          line.add(item);
          if (ready) pump();
          // The first to wait: the others wait for the same.
          else if (line.count() === 1) parts.connect().catch((error: unknown) => line.failAll(() => copyOf(error)));
        }
      });
    },
    waiting() {
      return line.count();
    },
    unconfirmed() {
      return outlets.unconfirmed();
    },
    async open(current) {
      preparation.forget();
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
    abandonInbox: (inbox) => outlets.abandonInbox(inbox),
    async close() {
      if (closing) return;
      closing = true;
      if (ready && !blocked && line.count() + outlets.unconfirmed() > 0) await idle();
      ready = false;
      line.failAll(() => closedError());
      outlets.close(closedError());
    },
  };
}
