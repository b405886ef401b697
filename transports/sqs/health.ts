import type { TransportHealth, TransportStatus } from '../../src/core/transport.js';
import type { SqsError } from './api.js';
import type { Counters } from './counters.js';
import type { SqsSettings } from './options.js';
import type { Availability } from './parts.js';

/** How the transport is, and since when. There is no connection to look at: each call tells whether SQS answers. */
export interface Health extends Availability {
  readonly status: TransportStatus;
  readonly setProblem: (about: string, problem: string | undefined) => void;
  close(): void;
  snapshot(gauges: Readonly<Record<string, number>>): TransportHealth;
}

export function createHealth({ clock, log }: Pick<SqsSettings, 'clock' | 'log'>, counters: Counters): Health {
  const problems = new Map<string, string>();
  let status: TransportStatus = 'connecting';
  let since = clock.now();
  let trouble: string | undefined;
  let wasReady = false;

  function become(next: TransportStatus): void {
    if (status === next || status === 'closed') return;
    status = next;
    since = clock.now();
  }

  return {
    get status() {
      return status;
    },
    get hasAnswered() {
      return wasReady;
    },
    ok() {
      if (status !== 'connecting') return;
      if (wasReady) counters.add('reconnects');
      if (trouble !== undefined) log.info({}, 'SQS answers again');
      wasReady = true;
      trouble = undefined;
      become('ready');
    },
    failed({ kind, message }: SqsError) {
      // The others are answers.
      if (kind !== 'unavailable' && kind !== 'denied') return;
      if (trouble === undefined && status !== 'closed') log.warn({ reason: message }, 'SQS does not answer');
      trouble = message;
      become('connecting');
    },
    setProblem(about, problem) {
      if (problem === undefined) problems.delete(about);
      else problems.set(about, problem);
    },
    close: () => become('closed'),
    snapshot(gauges) {
      const reasons = [...(trouble === undefined ? [] : [trouble]), ...problems.values()];
      return {
        status,
        since,
        reconnects: counters.get('reconnects'),
        ...(reasons.length === 0 || status === 'closed' ? {} : { reason: reasons.join('; ') }),
        counters: { ...counters.snapshot(), ...gauges },
      };
    },
  };
}
