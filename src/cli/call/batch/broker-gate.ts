import { delay, type Clock } from '../../../core/clock.js';
import type { Transport } from '../../../core/transport.js';

/** How often a broker that is away is looked for: its transport reconnects by itself. */
const lookEveryMs = 100;
/** How long a batch waits for a broker that has gone. */
const longestOutageMs = 300_000;

export interface BrokerGateParts {
  readonly transport: Pick<Transport, 'status' | 'health'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once for each outage. */
  onAway(reason: string): void;
  onBack(): void;
  /** The broker stayed away. */
  onGivenUp(): void;
}

/**
 * Resolves at once while the broker is there. Without it, a batch would send nothing, and burn its lines as fast as
 * calls can fail: it waits instead, for five minutes at most.
 */
export function createBrokerGate(parts: BrokerGateParts): () => Promise<void> {
  const { transport, clock, signal } = parts;
  let waiting: Promise<void> | undefined;

  async function wait(): Promise<void> {
    const sinceMs = clock.monotonicMs();
    parts.onAway(transport.health().reason ?? transport.status);
    while (transport.status !== 'ready' && !signal.aborted) {
      if (clock.monotonicMs() - sinceMs >= longestOutageMs) {
        parts.onGivenUp();
        return;
      }
      await delay(clock, lookEveryMs, signal).catch(() => undefined);
    }
    if (!signal.aborted) parts.onBack();
  }

  return () => {
    if (transport.status === 'ready') return Promise.resolve();
    waiting ??= wait().finally(() => (waiting = undefined));
    return waiting;
  };
}
