import { createDeclaring, declarationRefused } from './declaring.js';
import { replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import { addressExchange, quarantineQueue, retryQueue, type Rung } from './names.js';
import type { AmqpSettings, ExchangeType } from './options.js';

/** What workers and callers declare on the broker. */
export interface Topology {
  /** Exchange of an action, before the first publish to it. 'missing': it is not there, and we may not create it. */
  callerExchange(link: Link, action: string): Promise<'there' | 'missing'>;
  /** All that a worker of `address` needs. @throws TransportError `setup` naming what is in the way. */
  worker(link: Link, address: string, actions: readonly string[]): Promise<void>;
  /** The exchange that copies go through, by its own name. */
  copyExchange(link: Link, name: string): Promise<void>;
  /** That, and the way from it to the address's queue. */
  copyRoute(link: Link, address: string): Promise<void>;
  quarantine(link: Link, address: string): Promise<void>;
  retryQueue(link: Link, address: string, rung: Rung): Promise<void>;
  /** Resolves to whether a durable inbox was there already. */
  inbox(link: Link, name: string): Promise<'found' | 'created'>;
  bindInbox(link: Link, name: string, exchange: string): Promise<void>;
  /** How many consume a queue; 'unknown' where it may not be looked at. */
  consumers(link: Link, queue: string): Promise<number | 'missing' | 'unknown'>;
}

/** A quarantine holds so much at most; then nothing more goes in, and the delivery goes back. */
const quarantineLimits = { 'x-max-length': 100_000, 'x-max-length-bytes': 2 ** 30, 'x-overflow': 'reject-publish' };
/** An inbox that nobody consumes for so long is gone. */
const inboxExpiresMs = 300_000;

export function createTopology(settings: AmqpSettings): Topology {
  const { onThrowAway, exchange, queue, bind } = createDeclaring(settings);

  async function copyRoute(link: Link, address: string): Promise<void> {
    await exchange(link, addressExchange(address), 'direct', true);
    await bind(link, address, addressExchange(address));
  }

  async function quarantine(link: Link, address: string): Promise<void> {
    await queue(link, quarantineQueue(address), quarantineLimits);
    await bind(link, quarantineQueue(address), addressExchange(address));
  }

  const typeOf = (action: string): ExchangeType => settings.exchangeTypes.get(action) ?? 'direct';

  return {
    async callerExchange(link, action) {
      try {
        await exchange(link, action, typeOf(action), settings.durableExchanges);
        return 'there';
      } catch (error) {
        if (error instanceof Error && replyCodeOf(error.cause) === replyCodes.notFound) return 'missing';
        throw error;
      }
    },
    async worker(link, address, actions) {
      await queue(link, address, {});
      await copyRoute(link, address);
      await quarantine(link, address);
      for (const action of actions) {
        await exchange(link, action, typeOf(action), settings.durableExchanges);
        await bind(link, address, action);
      }
    },
    copyExchange: (link, name) => exchange(link, name, 'direct', true),
    copyRoute,
    quarantine,
    async retryQueue(link, address, rung) {
      const name = retryQueue(address, rung);
      // No x-expires: it takes a queue that only holds messages for unused, and deletes it with them.
      await queue(link, name, {
        'x-message-ttl': rung.ms,
        'x-dead-letter-exchange': addressExchange(address),
        'x-dead-letter-routing-key': address,
      });
      await bind(link, name, addressExchange(address));
    },
    async inbox(link, name) {
      const found = await onThrowAway(link, (channel) => channel.checkQueue(name)).then(
        () => true,
        (error: unknown) => {
          if (link.isGone || replyCodeOf(error) !== replyCodes.notFound) throw error;
          return false;
        },
      );
      if (found) return 'found';
      await onThrowAway(link, (channel) => channel.assertQueue(name, { durable: true, expires: inboxExpiresMs })).catch(
        (error: unknown) => {
          throw link.isGone ? error : declarationRefused(`inbox ${JSON.stringify(name)}`, error);
        },
      );
      return 'created';
    },
    bindInbox: bind,
    async consumers(link, name) {
      try {
        return (await onThrowAway(link, (channel) => channel.checkQueue(name))).consumerCount;
      } catch (error) {
        if (link.isGone) throw error;
        return replyCodeOf(error) === replyCodes.notFound ? 'missing' : 'unknown';
      }
    },
  };
}
