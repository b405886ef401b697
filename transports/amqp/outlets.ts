import type { Counters } from './counters.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';
import { createOutlet, type Outlet, type Result } from './outlet.js';
import type { Waiting } from './waiting-line.js';

export interface OutletsParts {
  readonly settings: AmqpSettings;
  readonly counters: Counters;
  readonly onSettled: (item: Waiting, result: Result) => void;
  /** There is room to write again. */
  readonly onRoom: () => void;
  /** The broker closed the channel on a link that lives: what was declared may be gone. */
  readonly onReplace: () => void;
}

/** The channels of one sender: the one for everything, and one for each first publish to an exchange. */
export interface Outlets {
  /** The one for everything; undefined while it is replaced. */
  main(): Outlet<Waiting> | undefined;
  unconfirmed(): number;
  /** The main one takes no more for now. */
  full: boolean;
  open(link: Link): Promise<void>;
  /**
   * Calls `write` with a channel of its own: where the broker refuses a publish it closes the channel, and everything
   * unconfirmed on it is lost. Resolves once what it wrote is settled, to its result; undefined where it wrote nothing.
   */
  tryOut(link: Link, write: (to: Outlet<Waiting>) => boolean): Promise<Result | undefined>;
  pause(paused: boolean): void;
  abandonInbox(inbox: string): void;
  close(reason: unknown): void;
}

export function createOutlets(parts: OutletsParts): Outlets {
  const { settings, counters } = parts;
  const { clock, confirmTimeoutMs, confirms, log } = settings;
  const trials = new Set<Outlet<Waiting>>();
  let main: Outlet<Waiting> | undefined;
  let paused = false;
  let closed = false;

  function all(): readonly Outlet<Waiting>[] {
    return main ? [main, ...trials] : [...trials];
  }

  function closeLate(late: Outlet<Waiting>): void {
    counters.add('confirm_timeouts');
    log.warn({ confirmTimeoutMs }, 'the broker did not confirm in time; the channel is replaced');
    late.close(new Error(`no confirm within confirmTimeoutMs (${confirmTimeoutMs})`));
  }

  async function open(link: Link): Promise<void> {
    // A broker that does not even open a channel is not there.
    const cancel = clock.after(confirmTimeoutMs, () => {
      if (!link.isBlocked) link.cut();
    });
    try {
      const channel = confirms ? await link.confirmChannel() : await link.channel();
      const opened = createOutlet<Waiting>(channel, confirms, settings, {
        onSettled: parts.onSettled,
        onDrain() {
          if (main !== opened) return;
          outlets.full = false;
          parts.onRoom();
        },
        onClosed: () => replace(opened, link),
        onLateReturn(exchange, routingKey) {
          counters.add('returned');
          log.warn({ exchange, routingKey }, 'a message was unroutable; without confirms its sender cannot be told');
        },
        onTimeout: () => closeLate(opened),
      });
      opened.pause(paused);
      outlets.full = false;
      main = opened;
    } finally {
      cancel();
    }
  }

  function replace(gone: Outlet<Waiting>, link: Link): void {
    if (main === gone) main = undefined;
    if (closed || link.isGone) return;
    counters.add('channels_replaced');
    parts.onReplace();
    open(link).then(parts.onRoom, () => link.cut());
  }

  const outlets: Outlets = {
    main() {
      return main;
    },
    unconfirmed() {
      return all().reduce((count, each) => count + each.unconfirmed(), 0);
    },
    full: false,
    open,
    async tryOut(link, write) {
      let onTried: (result: Result) => void = () => undefined;
      const tried = new Promise<Result>((resolve) => (onTried = resolve));
      const trial = createOutlet<Waiting>(await link.confirmChannel(), true, settings, {
        onSettled(item, result) {
          parts.onSettled(item, result);
          onTried(result);
        },
        onDrain: () => undefined,
        onClosed: () => undefined,
        onLateReturn: () => undefined,
        onTimeout: () => closeLate(trial),
      });
      trial.pause(paused);
      trials.add(trial);
      try {
        return write(trial) ? await tried : undefined;
      } finally {
        trials.delete(trial);
        trial.close(undefined);
      }
    },
    pause(now) {
      paused = now;
      for (const each of all()) each.pause(now);
    },
    abandonInbox(inbox) {
      const reason = new Error('the inbox for its reply is gone');
      for (const each of all()) each.abandon((parcel) => parcel.inbox === inbox, reason);
    },
    close(reason) {
      closed = true;
      for (const each of all()) each.close(reason);
    },
  };
  return outlets;
}
