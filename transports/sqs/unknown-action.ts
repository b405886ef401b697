import type { SqsSettings } from './options.js';
import type { Arrival } from './wire.js';

/** How long a request waits for the service that knows its action, where it has no deadline. */
const longestWaitMs = 15 * 60_000;

/**
 * What becomes of a request for an action that nobody here knows: it is left to others, until nobody has taken it for
 * too long.
 */
export function judge(
  { message, sentAt }: Pick<Arrival, 'message' | 'sentAt'>,
  { clock, random }: Pick<SqsSettings, 'clock' | 'random'>,
): { readonly afterMs: number } | { readonly reason: string } {
  const untilMs = message.expiresAt ?? sentAt + longestWaitMs;
  // Not all of those who share the queue come back to it at once.
  if (clock.now() < untilMs) return { afterMs: 1_000 + random.unit() * 4_000 };
  const whenItEnded = message.expiresAt === undefined ? 'within 15 min' : 'before its deadline';
  return { reason: `no worker knew the action ${JSON.stringify(message.action)} ${whenItEnded}` };
}
