import type { Channel } from 'amqplib';
import { Mutex } from 'async-mutex';
import { brokerTextOf, differingArgument, messageOf, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import { addressExchange, quarantineQueue, retryQueue, type Rung } from './names.js';
import type { AmqpSettings, ExchangeType } from './options.js';
import { queueArguments } from './versions.js';

/** What is declared on the broker, each on channels that are thrown away: a refusal closes the channel it was asked on. */
export interface Topology {
  /** Exchange of an action, before the first publish to it. 'missing': it is not there, and we may not create it. */
  callerExchange(link: Link, action: string): Promise<'there' | 'missing'>;
  /** All that a worker of `address` needs. @throws TransportError `setup` naming what is in the way. */
  worker(link: Link, address: string, actions: readonly string[]): Promise<void>;
  /** The exchange that copies go through, by its own name. */
  copyExchange(link: Link, name: string): Promise<void>;
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
  const { log } = settings;
  const turns = new WeakMap<Link, Mutex>();

  /** One after the other on each link: a thousand first calls at once open one channel at a time. */
  function onThrowAway<T>(link: Link, work: (channel: Channel) => Promise<T>): Promise<T> {
    let turn = turns.get(link);
    if (!turn) turns.set(link, (turn = new Mutex()));
    return turn.runExclusive(async () => {
      const channel = await link.channel();
      try {
        return await work(channel);
      } finally {
        // Closed already where the broker refused.
        await Promise.resolve()
          .then(() => channel.close())
          .catch(() => undefined);
      }
    });
  }

  /** Declares; where it exists in another form, or may not be declared, says what to make of that. */
  async function declare(link: Link, what: Declaration): Promise<void> {
    try {
      await onThrowAway(link, what.declare);
    } catch (error) {
      if (link.isGone) throw error;
      const argument = differingArgument(error);
      if (argument !== undefined && what.adopts(argument)) return what.adopt(argument, error);
      if (replyCodeOf(error) === replyCodes.accessRefused) return what.check(error);
      throw declarationRefused(what.name, error);
    }
  }

  function exchange(link: Link, name: string, type: ExchangeType, durable: boolean): Promise<void> {
    const label = `exchange ${JSON.stringify(name)}`;
    return declare(link, {
      name: label,
      declare: (channel) => channel.assertExchange(name, type, { durable }),
      adopts: (argument) => argument === 'durable',
      async adopt(_argument, cause) {
        // The broker names one difference at a time: there must be no other.
        await onThrowAway(link, (channel) => channel.assertExchange(name, type, { durable: !durable })).catch(
          (error: unknown) => {
            throw link.isGone ? error : declarationRefused(label, replyCodeOf(error) === undefined ? cause : error);
          },
        );
      },
      check: (cause) => checkThere(link, label, (channel) => channel.checkExchange(name), cause),
    });
  }

  function queue(link: Link, name: string, extra: Record<string, unknown>): Promise<void> {
    const label = `queue ${JSON.stringify(name)}`;
    const check = (cause: unknown) => checkThere(link, label, (channel) => channel.checkQueue(name), cause);
    const queueType = queueArguments(settings.queueType, link.version);
    return declare(link, {
      name: label,
      declare: (channel) => channel.assertQueue(name, { durable: true, arguments: { ...queueType, ...extra } }),
      adopts: (argument) => argument.startsWith('x-'),
      async adopt(argument, cause) {
        await check(cause);
        log.warn(
          { queue: name, argument, reason: brokerTextOf(cause) },
          'a queue exists with another argument; it is used as it is',
        );
      },
      check,
    });
  }

  async function bind(link: Link, name: string, source: string): Promise<void> {
    try {
      await onThrowAway(link, (channel) => channel.bindQueue(name, source, name));
    } catch (error) {
      if (link.isGone) throw error;
      throw setupError(
        `expected to bind queue ${JSON.stringify(name)} to exchange ${JSON.stringify(source)}, got: ${brokerTextOf(error)}. ` +
          'The user in url needs write permission on the queue and read permission on the exchange',
        error,
      );
    }
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
      const own = addressExchange(address);
      await queue(link, address, {});
      await exchange(link, own, 'direct', true);
      await bind(link, address, own);
      await quarantine(link, address);
      for (const action of actions) {
        await exchange(link, action, typeOf(action), settings.durableExchanges);
        await bind(link, address, action);
      }
    },
    copyExchange: (link, name) => exchange(link, name, 'direct', true),
    quarantine,
    async retryQueue(link, address, rung) {
      const name = retryQueue(address, rung);
      await exchange(link, addressExchange(address), 'direct', true);
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

  async function checkThere(
    link: Link,
    label: string,
    check: (channel: Channel) => Promise<unknown>,
    cause: unknown,
  ): Promise<void> {
    try {
      await onThrowAway(link, check);
    } catch (error) {
      if (link.isGone) throw error;
      throw setupError(
        `expected ${label} to exist or the user in url to have the configure permission for it, got: ${brokerTextOf(cause)}; ${brokerTextOf(error)}`,
        error,
      );
    }
  }
}

interface Declaration {
  readonly name: string;
  readonly declare: (channel: Channel) => Promise<unknown>;
  /** Whether a difference in this argument changes nothing that we promise. */
  readonly adopts: (argument: string) => boolean;
  readonly adopt: (argument: string, cause: unknown) => Promise<void>;
  readonly check: (cause: unknown) => Promise<void>;
}

function declarationRefused(label: string, error: unknown): Error {
  const code = replyCodeOf(error);
  const argument = differingArgument(error);
  if (argument !== undefined) {
    return setupError(
      `expected ${label} not to exist yet, or as Samovar declares it, got another ${argument}: ${brokerTextOf(error)}. Delete it, or use another name`,
      error,
    );
  }
  if (code === replyCodes.preconditionFailed || code === replyCodes.resourceLocked) {
    return setupError(
      `expected to declare ${label}, got: ${brokerTextOf(error)}. Delete it, or use another name`,
      error,
    );
  }
  if (code === undefined && !(error instanceof Error && /Channel (ended|closed)/.test(error.message))) {
    return setupError(`expected ${label} to be a name of at most 255 bytes, got: ${messageOf(error)}`, error);
  }
  return error instanceof Error ? error : new Error(messageOf(error));
}
