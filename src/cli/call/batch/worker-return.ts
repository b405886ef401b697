import type { Clock } from '../../../core/clock.js';
import type { Transport } from '../../../core/transport.js';

/** How long workers may take to come back after their broker. Until then their addresses may not be there. */
const longestReturnMs = 10_000;

/** Whether what is not routable now may be so because the broker was away, and a worker is not back yet. */
export function createWorkerReturn(transport: Pick<Transport, 'health'>, clock: Clock): () => boolean {
  let { reconnects } = transport.health();
  let untilMs = -Infinity;
  return () => {
    const now = transport.health().reconnects;
    if (now !== reconnects) untilMs = clock.monotonicMs() + longestReturnMs;
    reconnects = now;
    return clock.monotonicMs() < untilMs;
  };
}
