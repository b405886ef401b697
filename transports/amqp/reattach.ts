import { backoffMs } from '../../src/core/backoff.js';
import { delay } from '../../src/core/clock.js';
import type { Attachment, Link } from './link.js';
import type { AmqpSettings } from './options.js';

const backoff = { firstDelayMs: 200, maxDelayMs: 5_000 };

/** After its channel was closed on a link that lives: until it works, `signal` aborts, or the link is gone too. */
export async function reattach(
  attachment: Attachment,
  link: Link,
  { clock, random }: Pick<AmqpSettings, 'clock' | 'random'>,
  { signal, onFailure }: { readonly signal: AbortSignal; readonly onFailure: (error: unknown) => void },
): Promise<void> {
  for (let tries = 1; !signal.aborted && !link.isGone; tries += 1) {
    try {
      await attachment.attach(link);
      return;
    } catch (error) {
      if (link.isGone) return;
      onFailure(error);
      await delay(clock, backoffMs(tries, backoff, random), signal).catch(() => undefined);
    }
  }
}
