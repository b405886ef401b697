import type { Channel } from 'amqplib';
import { declarationRefused } from './declaration-refused.js';
import { brokerTextOf, differingArgument, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal, missingRight, missingRights } from './missing-right.js';
import type { AmqpSettings } from './options.js';
import type { Declaration, DeclaredBinding, DeclaredExchange, DeclaredQueue, Publishing } from './plan.js';
import type { Right } from './rights.js';
import type { OnThrowAway } from './throw-away.js';

export interface Declaring {
  /**
   * In this order. An exchange that differs only in `durable`, and a queue that differs only in `x-` arguments, is taken
   * as it is; so is any, where we may not declare. @throws TransportError `setup` naming what is in the way.
   */
  readonly declare: (link: Link, asked: readonly Asked[]) => Promise<void>;
}

/** Something to declare, or a right to publish that is needed later. */
export type Asked = Declaration | (Publishing & { readonly otherwise?: string });

/** No message and no binding of anybody has this key. */
const probeKey = 'samovar.probe';

export function createDeclaring({ log }: Pick<AmqpSettings, 'log'>, onThrowAway: OnThrowAway): Declaring {
  /** All on one channel while nothing is refused; what is, is asked for once more, alone, to see what to make of it. */
  async function declare(link: Link, asked: readonly Asked[]): Promise<void> {
    for (let next = 0; next < asked.length; next += 1) {
      await onThrowAway(link, async (channel) => {
        for (let act = asked[next]; act; act = asked[(next += 1)]) await declareOn(channel, act);
      }).catch((error: unknown) => {
        if (link.isGone) throw error;
      });
      const refused = asked[next];
      if (refused) await declareAlone(link, refused);
    }
  }

  function declareAlone(link: Link, act: Asked): Promise<void> {
    switch (act.kind) {
      case 'exchange':
        return exchange(link, act);
      case 'queue':
        return queue(link, act);
      case 'binding':
        return bind(link, act);
      case 'publishing':
        return onThrowAway(link, (channel) => declareOn(channel, act)).then(undefined, (error: unknown) => {
          throw explainRefusal(link, act, error, act.otherwise) ?? error;
        });
    }
  }

  /** Declares; where it exists in another form, or may not be declared, says what to make of that. */
  async function tryToDeclare(link: Link, act: DeclaredExchange | DeclaredQueue, how: Adoption): Promise<void> {
    try {
      await onThrowAway(link, (channel) => declareOn(channel, act));
    } catch (error) {
      if (link.isGone) throw error;
      const argument = differingArgument(error);
      if (argument !== undefined && how.adopts(argument)) return how.adopt(argument, error);
      if (replyCodeOf(error) === replyCodes.accessRefused) return checkThere(link, act, error);
      throw declarationRefused(labelOf(act), error);
    }
  }

  function exchange(link: Link, act: DeclaredExchange): Promise<void> {
    return tryToDeclare(link, act, {
      adopts: (argument) => argument === 'durable',
      async adopt(_argument, cause) {
        // The broker names one difference at a time: there must be no other.
        await onThrowAway(link, (channel) => declareOn(channel, { ...act, durable: !act.durable })).catch(
          (error: unknown) => {
            throw link.isGone
              ? error
              : declarationRefused(labelOf(act), replyCodeOf(error) === undefined ? cause : error);
          },
        );
      },
    });
  }

  function queue(link: Link, act: DeclaredQueue): Promise<void> {
    return tryToDeclare(link, act, {
      adopts: (argument) => argument.startsWith('x-'),
      async adopt(argument, cause) {
        await checkThere(link, act, cause);
        log.warn(
          { queue: act.name, argument, reason: brokerTextOf(cause) },
          'a queue exists with another argument; it is used as it is',
        );
      },
    });
  }

  async function bind(link: Link, act: DeclaredBinding): Promise<void> {
    try {
      await onThrowAway(link, (channel) => declareOn(channel, act));
    } catch (error) {
      const code = replyCodeOf(error);
      // Anything else, such as a queue that was deleted just now, may be mended by another try.
      if (link.isGone || (code !== replyCodes.accessRefused && code !== replyCodes.preconditionFailed)) throw error;
      const { queue: from, exchange: to } = act;
      throw (
        explainRefusal(link, act, error) ??
        setupError(
          `expected to bind queue ${JSON.stringify(from)} to exchange ${JSON.stringify(to)}, got: ${brokerTextOf(error)}`,
          error,
        )
      );
    }
  }

  async function checkThere(link: Link, act: DeclaredExchange | DeclaredQueue, cause: unknown): Promise<void> {
    const isQueue = act.kind === 'queue';
    try {
      await onThrowAway<unknown>(link, (channel) =>
        isQueue ? channel.checkQueue(act.name) : channel.checkExchange(act.name),
      );
    } catch (error) {
      if (link.isGone) throw error;
      const [right, another] = missingRights(act, cause);
      const missing = right && another ? await whichOf(link, right, another) : right;
      const explained = missing && missingRight(link, missing, cause, ', or it to exist');
      throw setupError(
        explained?.message ??
          `expected to declare ${labelOf(act)}, or it to exist, got: ${brokerTextOf(cause)}; ${brokerTextOf(error)}`,
        error,
      );
    }
  }

  /** A queue with dead letters is refused with the same words for want of the one and of the other; it does not exist. */
  async function whichOf(link: Link, configure: Right, read: Right): Promise<Right> {
    const refusal = await onThrowAway(link, (channel) => channel.get(read.name)).then(() => undefined, replyCodeOf);
    return refusal === replyCodes.accessRefused ? read : configure;
  }

  return { declare };
}

/** Once, on this channel: a refusal closes it. */
export function declareOn(channel: Channel, act: Asked): Promise<unknown> {
  switch (act.kind) {
    case 'exchange':
      return channel.assertExchange(act.name, act.type, { durable: act.durable });
    case 'queue':
      return channel.assertQueue(act.name, {
        durable: act.durable,
        exclusive: act.exclusive,
        // Then it is of use to one consumer alone.
        autoDelete: act.exclusive,
        arguments: { ...act.arguments },
      });
    case 'binding':
      return channel.bindQueue(act.queue, act.exchange, act.key ?? act.queue);
    case 'publishing':
      // Needs the right to publish there, publishes nothing, and changes nothing: there is no such binding.
      return channel.unbindExchange(act.exchange, act.from, probeKey);
  }
}

function labelOf({ kind, name }: DeclaredExchange | DeclaredQueue): string {
  return `${kind} ${JSON.stringify(name)}`;
}

interface Adoption {
  /** Whether a difference in this argument changes nothing that we promise. */
  readonly adopts: (argument: string) => boolean;
  readonly adopt: (argument: string, cause: unknown) => Promise<void>;
}
