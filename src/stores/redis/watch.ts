import { abortable } from '../../core/abort.js';
import type { Clock } from '../../core/clock.js';

export interface WatchOptions {
  readonly clock: Clock;
  /** Asks to be told of a change; resolves to how long to wait for that at most, or to -1 if it has changed already. */
  readonly ask: (key: string, token: string) => Promise<number>;
}

/** All that wait in one store for claims to change, one question at a time per claim. */
export interface Watch {
  /** Resolves once the claim that `token` stands for may have changed; rejects with the signal's reason, or as `ask` does. */
  changed(key: string, token: string, signal: AbortSignal): Promise<void>;
  /** Somebody says that this claim has changed. */
  heard(token: string): void;
  /** Messages may have been missed: asks about all. */
  askAgain(): void;
  close(reason: Error): void;
}

interface Watched {
  readonly done: Promise<void>;
  waiting: number;
  readonly ask: () => void;
  end(error?: unknown): void;
}

/** Messages tell; asking now and then is for those that got lost. */
const pollMs = 2_000;

export function createWatch({ clock, ask }: WatchOptions): Watch {
  const all = new Map<string, Watched>();

  function watch(key: string, token: string): Watched {
    let cancel: () => void = () => undefined;
    let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
    const done = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
    // Nobody may be waiting any more when it ends.
    done.catch(() => undefined);
    const watched: Watched = {
      done,
      waiting: 0,
      ask() {
        cancel();
        ask(key, token).then(
          (leftMs) => {
            if (leftMs < 0) return watched.end();
            cancel();
            if (all.get(token) === watched) cancel = clock.after(Math.min(leftMs + 1, pollMs), watched.ask);
          },
          (error: unknown) => watched.end(error),
        );
      },
      end(error) {
        cancel();
        if (all.get(token) === watched) all.delete(token);
        if (error === undefined) settle?.resolve();
        else settle?.reject(error);
      },
    };
    all.set(token, watched);
    watched.ask();
    return watched;
  }

  async function changed(key: string, token: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const watched = all.get(token) ?? watch(key, token);
    watched.waiting += 1;
    try {
      await abortable(watched.done, signal);
    } finally {
      watched.waiting -= 1;
      if (watched.waiting === 0) watched.end();
    }
  }

  return {
    changed,
    heard: (token) => all.get(token)?.end(),
    askAgain: () => all.forEach((watched) => watched.ask()),
    close: (reason) => all.forEach((watched) => watched.end(reason)),
  };
}
