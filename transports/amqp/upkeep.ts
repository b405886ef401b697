import { messageOf } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings } from './options.js';

const everyMs = 30_000;

export interface UpkeepParts {
  readonly settings: Pick<AmqpSettings, 'clock' | 'random'>;
  readonly signal: AbortSignal;
  /** The link that is consumed on; undefined while there is none. */
  readonly link: () => Link | undefined;
  readonly declare: (link: Link) => Promise<void>;
  readonly onResult: (failure: string | undefined) => void;
}

/**
 * Declares about every 30 seconds what a consumer needs, until the signal aborts. That somebody deleted an exchange or
 * a binding is not told: the queue works on, and nothing comes.
 */
export function startUpkeep({ settings: { clock, random }, signal, link, declare, onResult }: UpkeepParts): void {
  let cancel: () => void = () => undefined;

  async function work(): Promise<void> {
    const current = link();
    if (!current || current.isGone) return;
    const failure = await declare(current).then(() => undefined, messageOf);
    if (!signal.aborted && link() === current) onResult(failure);
  }

  function wait(): void {
    if (signal.aborted) return;
    // Workers that were started together do not ask the broker together.
    cancel = clock.after(everyMs * (0.75 + random.unit() / 2), () => void work().then(wait, wait));
  }

  signal.addEventListener('abort', () => cancel(), { once: true });
  wait();
}
