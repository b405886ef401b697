import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import type { VirtualHostWorker } from './virtual-host.js';

export interface HealthWatch {
  stop(): void;
}

export interface HealthWatchParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly workers: readonly Pick<VirtualHostWorker, 'name' | 'state' | 'red'>[];
  /** One line about all virtual hosts, whenever it is another one. */
  readonly onStatus: (text: string) => void;
}

interface Look extends Pick<VirtualHostWorker, 'name' | 'state'> {
  readonly reasons: readonly string[];
}

const intervalMs = 5_000;

/** Logs each virtual host that turns red or green, looking every five seconds: there may be hundreds. */
export function watchHealth({ clock, log, workers, onStatus }: HealthWatchParts): HealthWatch {
  const red = new Set<string>();
  let status = '';
  let cancel = clock.after(intervalMs, tick);

  function tick(): void {
    cancel = clock.after(intervalMs, tick);
    const all = workers.map((worker) => ({ name: worker.name, state: worker.state, reasons: worker.red() }));
    for (const { name: virtualHost, reasons } of all) {
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

function statusOf(all: readonly Look[]): string {
  const red = all.filter(({ reasons }) => reasons.length > 0);
  const serving = all.filter(({ state }) => state === 'serving').length;
  const problems = red.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`);
  return [`serving ${serving} of ${all.length} virtual hosts`, ...problems].join('; ');
}
