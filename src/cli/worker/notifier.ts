import { spawn } from 'node:child_process';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';

/** Tells the service manager how the worker is (sd_notify(3)); tells nobody where none asks. */
export interface Notifier {
  ready(): void;
  status(text: string): void;
  stopping(): void;
}

export interface NotifierParts {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * systemd drops a message whose sender has ended before it was looked at, as may happen on a busy machine: READY is
 * told more than once, which means nothing to who has heard it.
 */
const repeatsMs = [5_000, 20_000];

/** It takes no message of more than 4096 bytes. */
const mostCharacters = 1_000;

export function createNotifier({ env, log, clock }: NotifierParts): Notifier {
  if (!env['NOTIFY_SOCKET']) return { ready: () => undefined, status: () => undefined, stopping: () => undefined };
  let isReady = false;
  let isBroken = false;
  let cancels: (() => void)[] = [];
  let last: Promise<void> = Promise.resolve();

  function tell(...assignments: string[]): void {
    // One after the other: an old status must not come after a new one.
    last = last.then(() => run(assignments));
  }

  /** Node has no datagram sockets for paths, so a program of systemd's has to send it. */
  function run(assignments: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn('systemd-notify', ['--no-block', ...assignments], { env, stdio: 'ignore' });
      child.on('exit', () => resolve());
      child.on('error', (err) => {
        if (!isBroken) log.warn({ err }, 'the service manager cannot be told how this worker is');
        isBroken = true;
        resolve();
      });
    });
  }

  return {
    ready() {
      if (isReady) return;
      isReady = true;
      tell('READY=1');
      cancels = repeatsMs.map((ms) => clock.after(ms, () => tell('READY=1')));
    },
    status: (text) => tell(`STATUS=${text.replaceAll(/\s+/g, ' ').slice(0, mostCharacters)}`),
    stopping() {
      for (const cancel of cancels) cancel();
      tell('STOPPING=1');
    },
  };
}
