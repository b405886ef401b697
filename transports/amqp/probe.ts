import { replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';

/**
 * Whether we may publish to the default exchange, through which replies reach any queue: asked with a message to a queue
 * that does not exist, on a channel of its own, since a refusal closes it.
 */
export async function mayUseDefaultExchange(link: Link, queue: string): Promise<boolean> {
  const channel = await link.confirmChannel();
  return new Promise((resolve, reject) => {
    let refusal: unknown;
    channel.on('error', (error: unknown) => {
      refusal = error;
    });
    channel.on('close', () => {
      if (replyCodeOf(refusal) === replyCodes.accessRefused) resolve(false);
      else reject(refusal instanceof Error ? refusal : new Error('the connection was lost'));
    });
    // Blocked, the broker answers nothing; a worker must start all the same.
    link.onBlocked(() => resolve(true));
    channel.publish('', queue, Buffer.alloc(0), { mandatory: true, expiration: '0' }, (error: unknown) => {
      // Closed: the listener above says why.
      if (error !== null) return;
      resolve(true);
      channel.close().catch(() => undefined);
    });
  });
}
