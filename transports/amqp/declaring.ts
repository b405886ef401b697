import type { Channel } from 'amqplib';
import { Mutex } from 'async-mutex';
import { brokerTextOf, differingArgument, messageOf, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import type { AmqpSettings, ExchangeType } from './options.js';
import { queueArguments } from './versions.js';

/** Declares on channels that are thrown away: a refusal closes the channel it was asked on. */
export interface Declaring {
  readonly onThrowAway: <T>(link: Link, work: (channel: Channel) => Promise<T>) => Promise<T>;
  /** One that differs only in `durable` is taken as it is; so is any, where we may not declare. */
  readonly exchange: (link: Link, name: string, type: ExchangeType, durable: boolean) => Promise<void>;
  /** A durable queue. One that differs only in `x-` arguments is taken as it is; so is any, where we may not declare. */
  readonly queue: (link: Link, name: string, extra: Record<string, unknown>) => Promise<void>;
  /** With the queue's own name as the key. */
  readonly bind: (link: Link, queue: string, exchange: string) => Promise<void>;
}

export function createDeclaring(settings: AmqpSettings): Declaring {
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
      const code = replyCodeOf(error);
      // Anything else, such as a queue that was deleted just now, may be mended by another try.
      if (link.isGone || (code !== replyCodes.accessRefused && code !== replyCodes.preconditionFailed)) throw error;
      throw setupError(
        `expected to bind queue ${JSON.stringify(name)} to exchange ${JSON.stringify(source)}, got: ${brokerTextOf(error)}. ` +
          'The user in url needs write permission on the queue and read permission on the exchange',
        error,
      );
    }
  }

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

  return { onThrowAway, exchange, queue, bind };
}

interface Declaration {
  readonly name: string;
  readonly declare: (channel: Channel) => Promise<unknown>;
  /** Whether a difference in this argument changes nothing that we promise. */
  readonly adopts: (argument: string) => boolean;
  readonly adopt: (argument: string, cause: unknown) => Promise<void>;
  readonly check: (cause: unknown) => Promise<void>;
}

export function declarationRefused(label: string, error: unknown): Error {
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
