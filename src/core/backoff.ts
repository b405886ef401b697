import type { Random } from './random.js';

export interface BackoffOptions {
  readonly firstDelayMs: number;
  /** How much longer each delay's upper end is than the one before; 2 by default. */
  readonly factor?: number;
  readonly maxDelayMs: number;
}

/**
 * The delay before try `attempt` + 1, counted from 1: exponential with full jitter, so that a thousand that
 * failed together do not come back together.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: Random): number {
  const highest = options.firstDelayMs * (options.factor ?? 2) ** Math.min(attempt - 1, 64);
  return Math.ceil(random.unit() * Math.min(highest, options.maxDelayMs));
}
