import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import type { VirtualHostHealth } from './health-document.js';

export interface HealthWatch {
  stop(): void;
}

export interface HealthWatchParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: () => readonly VirtualHostHealth[];
  /** One line about all virtual hosts, whenever it is another one. */
  readonly onStatus: (text: string) => void;
}

const intervalMs = 5_000;

/** Logs each virtual host that turns red or green, looking every five seconds: there may be hundreds. */
export function watchHealth({ clock, log, health, onStatus }: HealthWatchParts): HealthWatch {
  const red = new Set<string>();
  let status = '';
  let cancel = clock.after(intervalMs, tick);

  function tick(): void {
    cancel = clock.after(intervalMs, tick);
    const all = health();
    for (const { name: virtualHost, red: reasons } of all) {
      const wasRed = red.has(virtualHost);
      if (reasons.length > 0 && !wasRed) {
        red.add(virtualHost);
        log.warn({ virtualHost, reasons }, 'red');
      } else if (reasons.length === 0 && wasRed) {
        red.delete(virtualHost);
        log.info({ virtualHost }, 'green again');
      }
    }
    const next = statusOf(all);
    if (next !== status) onStatus((status = next));
  }

  return { stop: () => cancel() };
}

function statusOf(all: readonly VirtualHostHealth[]): string {
  const red = all.filter(({ red: reasons }) => reasons.length > 0);
  const serving = all.filter(({ state }) => state === 'serving').length;
  const problems = red.map(({ name, red: reasons }) => `${name}: ${reasons.join(', ')}`);
  return [`serving ${serving} of ${all.length} virtual hosts`, ...problems].join('; ');
}
