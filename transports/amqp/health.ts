import type { Clock } from '../../src/core/clock.js';
import type { TransportHealth, TransportStatus } from '../../src/core/transport.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';

/** How the transport is, and since when. */
export interface Health {
  readonly status: TransportStatus;
  /** Called whenever the status may have changed. */
  note(): void;
  /** What is wrong, by what it concerns; undefined: nothing any more. */
  setProblem(about: string, problem: string | undefined): void;
  snapshot(gauges: Readonly<Record<string, number>>): TransportHealth;
}

export function createHealth(parts: {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly publishing: Connection;
  readonly consuming: Connection;
  readonly isClosed: () => boolean;
}): Health {
  const { clock, counters, publishing, consuming } = parts;
  const problems = new Map<string, string>();
  let noted: TransportStatus = 'connecting';
  let since = clock.now();

  function currentStatus(): TransportStatus {
    if (parts.isClosed()) return 'closed';
    const used = [publishing, consuming].filter(({ state }) => state !== 'idle');
    if (used.length === 0 || used.some(({ state }) => state !== 'ready')) return 'connecting';
    return publishing.link?.isBlocked === true ? 'blocked' : 'ready';
  }

  function note(): void {
    const now = currentStatus();
    if (now === noted) return;
    noted = now;
    since = clock.now();
  }

  return {
    get status() {
      return currentStatus();
    },
    note,
    setProblem(about, problem) {
      if (problem === undefined) problems.delete(about);
      else problems.set(about, problem);
    },
    snapshot(gauges) {
      note();
      const reasons = [publishing.trouble, consuming.trouble, ...problems.values()].filter(
        (reason) => reason !== undefined,
      );
      if (publishing.link?.isBlocked === true) reasons.push('the broker takes nothing from senders');
      return {
        status: noted,
        since,
        reconnects: counters.get('reconnects'),
        ...(reasons.length === 0 || noted === 'closed' ? {} : { reason: [...new Set(reasons)].join('; ') }),
        counters: { ...counters.snapshot(), ...gauges },
      };
    },
  };
}
