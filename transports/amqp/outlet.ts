import type { Channel, ConfirmChannel, Options } from 'amqplib';
import { Chain, type Chained } from './chain.js';
import type { AmqpSettings } from './options.js';
import type { Parcel } from './parcel.js';

/** A parcel as it is written. */
export interface Letter<L = unknown> extends Chained<L> {
  readonly parcel: Parcel;
  /** As of the moment of writing. */
  properties: Options.Publish;
  /** When it was written, in monotonic milliseconds; the outlet's own. */
  sinceMs: number;
}

export type Result =
  | { readonly kind: 'confirmed' }
  /** Nothing is bound there; only with `mandatory`. */
  | { readonly kind: 'returned' }
  /** The broker refused it: its queue is full. */
  | { readonly kind: 'nacked' }
  /** Written, and then the channel was gone: nobody knows. `reason` is what the broker said, if it closed it. */
  | { readonly kind: 'lost'; readonly reason: unknown };

const confirmed: Result = { kind: 'confirmed' };

/** One channel that publishes, and what it has published and not yet heard of. */
export interface Outlet<L extends Letter<L>> {
  isOpen(): boolean;
  unconfirmed(): number;
  /** False: what was written waits in this process; wait for `onDrain`. @throws what the client library refuses to encode. */
  write(letter: L): boolean;
  /** The broker reads nothing for now: a confirm is not late. */
  pause(paused: boolean): void;
  /** Gives up the letters that `which` names; what becomes of them is no longer followed. */
  abandon(which: (parcel: Parcel) => boolean, reason: unknown): void;
  /** Abandons the rest and ends the channel. */
  close(reason: unknown): void;
}

export interface OutletEvents<L> {
  /** Called once for each letter, and never before `write` has returned. */
  onSettled(letter: L, result: Result): void;
  onDrain(): void;
  /** The channel is gone, by whatever cause. */
  onClosed(reason: unknown): void;
  /** Without confirms: something came back that was settled already. */
  onLateReturn(exchange: string, routingKey: string): void;
  /** The oldest letter has waited for its confirm too long. */
  onTimeout(): void;
}

export function createOutlet<L extends Letter<L>>(
  channel: Channel | ConfirmChannel,
  confirms: boolean,
  { clock, confirmTimeoutMs }: Pick<AmqpSettings, 'clock' | 'confirmTimeoutMs'>,
  events: OutletEvents<L>,
): Outlet<L> {
  const unconfirmed = new Chain<L>();
  let isOpen = true;
  let closeReason: unknown;
  let paused = false;
  let resumedMs = 0;
  let cancelTimer: (() => void) | undefined;

  function settle(letter: L, result: Result): void {
    if (unconfirmed.delete(letter)) events.onSettled(letter, result);
  }

  function abandon(which: (parcel: Parcel) => boolean, reason: unknown): void {
    for (const letter of [...unconfirmed]) if (which(letter.parcel)) settle(letter, { kind: 'lost', reason });
  }

  function end(): void {
    if (!isOpen) return;
    isOpen = false;
    cancelTimer?.();
    abandon(() => true, closeReason);
    events.onClosed(closeReason);
  }

  channel.on('error', (error: unknown) => {
    closeReason ??= error;
  });
  // Before the client library's own listener, which tells each letter only that the channel is closed.
  channel.prependListener('close', end);
  channel.on('drain', () => events.onDrain());
  channel.on('return', ({ fields, properties }) => {
    const { exchange, routingKey } = fields;
    // A return carries no tag. It comes before the confirm of the message it returns, so that one is still here.
    for (const letter of unconfirmed) {
      const { parcel } = letter;
      if (letter.properties.messageId !== properties.messageId || parcel.routingKey !== routingKey) continue;
      if (parcel.exchange !== exchange) continue;
      settle(letter, { kind: 'returned' });
      return;
    }
    if (!confirms) events.onLateReturn(exchange, routingKey);
  });

  function watch(): void {
    cancelTimer ??= clock.after(confirmTimeoutMs, check);
  }

  function check(): void {
    cancelTimer = undefined;
    const oldest = unconfirmed.first;
    if (!oldest || !isOpen || paused) return;
    const leftMs = Math.max(oldest.sinceMs, resumedMs) + confirmTimeoutMs - clock.monotonicMs();
    if (leftMs > 0) cancelTimer = clock.after(leftMs, check);
    else events.onTimeout();
  }

  return {
    isOpen() {
      return isOpen;
    },
    unconfirmed() {
      return unconfirmed.size;
    },
    write(letter) {
      const { properties } = letter;
      const { exchange, routingKey, content } = letter.parcel;
      if (!confirms) {
        const roomLeft = channel.publish(exchange, routingKey, content, properties);
        queueMicrotask(() => events.onSettled(letter, confirmed));
        return roomLeft;
      }
      letter.sinceMs = clock.monotonicMs();
      const roomLeft = (channel as ConfirmChannel).publish(
        exchange,
        routingKey,
        content,
        properties,
        (error: unknown) => {
          if (error === null) settle(letter, confirmed);
          else settle(letter, isOpen ? { kind: 'nacked' } : { kind: 'lost', reason: closeReason });
        },
      );
      unconfirmed.add(letter);
      watch();
      return roomLeft;
    },
    pause(now) {
      paused = now;
      if (now) return;
      resumedMs = clock.monotonicMs();
      if (unconfirmed.size > 0) watch();
    },
    abandon,
    close(reason) {
      closeReason ??= reason;
      end();
      Promise.resolve()
        .then(() => channel.close())
        // Gone already.
        .catch(() => undefined);
    },
  };
}
