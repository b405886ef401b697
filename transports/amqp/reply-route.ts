import { replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings, ReplyRoute } from './options.js';

/** How the replies of the workers here travel. */
export interface ReplyRoutes {
  /** Finds out what may be used, once. Resolves as well where it could not be told. */
  prepareFor(address: string): Promise<void>;
  of(address: string): ReplyRoute;
}

export function createReplyRoutes(parts: {
  readonly settings: AmqpSettings;
  readonly link: () => Promise<Link>;
  /** The default exchange takes what is published to it. */
  readonly onAllowed: () => void;
}): ReplyRoutes {
  const { settings } = parts;
  let allowed: Promise<boolean> | undefined;
  let isRefused = false;

  return {
    async prepareFor(address) {
      if (settings.replyRouteOf(address) !== 'default') return;
      allowed ??= parts.link().then((link) => mayUseDefaultExchange(link, `samovar.probe.${settings.random.uuid()}`));
      try {
        isRefused = !(await allowed);
      } catch {
        allowed = undefined;
        return;
      }
      if (!isRefused) parts.onAllowed();
      else
        settings.log.warn(
          { address },
          'no write permission on the default exchange: replies go through the exchange of their request',
        );
    },
    of: (address) => (isRefused ? 'request-exchange' : settings.replyRouteOf(address)),
  };
}

/**
 * Whether we may publish to the default exchange, through which replies reach any queue: asked with a message to a queue
 * that does not exist, on a channel of its own, since a refusal closes it.
 */
async function mayUseDefaultExchange(link: Link, queue: string): Promise<boolean> {
  // Blocked, the broker answers nothing; a worker must start all the same.
  if (link.isBlocked) return true;
  const blocked = new Promise<true>((resolve) => {
    link.onBlocked(() => resolve(true));
  });
  return Promise.race([blocked, ask(link, queue)]);
}

async function ask(link: Link, queue: string): Promise<boolean> {
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
    channel.publish('', queue, Buffer.alloc(0), { mandatory: true, expiration: '0' }, (error: unknown) => {
      // Closed: the listener above says why.
      if (error !== null) return;
      resolve(true);
      channel.close().catch(() => undefined);
    });
  });
}
