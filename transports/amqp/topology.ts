import { createDeclaring } from './declaring.js';
import { replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import { missingRight } from './missing-right.js';
import type { Rung } from './names.js';
import type { AmqpSettings, ReplyRoute } from './options.js';
import { actionExchange, binding, copyExchange, copyRoute, inboxQueue, planQueues, planWorker } from './plan.js';
import { rightsFor } from './rights.js';
import { createThrowAway } from './throw-away.js';

/** What workers and callers declare on the broker. */
export interface Topology {
  /** Exchange of an action, before the first publish to it. 'missing': it is not there, and we may not create it. */
  callerExchange(link: Link, action: string): Promise<'there' | 'missing'>;
  /** All that a worker needs, the rights to publish included. @throws TransportError `setup` naming what is in the way. */
  worker(link: Link, worker: ServedAddress): Promise<void>;
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

export interface ServedAddress {
  readonly address: string;
  readonly actions: readonly string[];
  /** How its replies travel by now: not the default exchange where that was refused. */
  readonly replyRoute: ReplyRoute;
}

export function createTopology(settings: AmqpSettings): Topology {
  const onThrowAway = createThrowAway();
  const { declare } = createDeclaring(settings, onThrowAway);
  const queues = (link: Link) => planQueues(settings, link.version);

  return {
    async callerExchange(link, action) {
      try {
        await declare(link, [actionExchange(settings, action)]);
        return 'there';
      } catch (error) {
        if (error instanceof Error && replyCodeOf(error.cause) === replyCodes.notFound) return 'missing';
        throw error;
      }
    },
    async worker(link, worker) {
      const { address, actions, replyRoute } = worker;
      const { declares, publishes } = planWorker(settings, link.version, worker);
      const wasRefused = replyRoute === 'request-exchange' && settings.replyRouteOf(address) === 'default';
      if (wasRefused) refuseCopies(link, actions);
      // The right on the default exchange has been asked about before.
      const asked = publishes.filter(({ exchange }) => exchange !== '');
      const otherwise = ', or on exchange "amq.default", for replies';
      await declare(link, [
        ...declares,
        ...asked.map((each) => (wasRefused && each.exchange !== each.from ? { ...each, otherwise } : each)),
      ]);
    },
    copyExchange: (link, name) => declare(link, [copyExchange(name)]),
    copyRoute: (link, address) => declare(link, copyRoute(address)),
    quarantine: (link, address) => declare(link, queues(link).quarantine(address)),
    retryQueue: (link, address, rung) => declare(link, queues(link).retry(address, rung)),
    async inbox(link, name) {
      const found = await onThrowAway(link, (channel) => channel.checkQueue(name)).then(
        () => true,
        (error: unknown) => {
          if (link.isGone || replyCodeOf(error) !== replyCodes.notFound) throw error;
          return false;
        },
      );
      if (found) return 'found';
      await declare(link, [inboxQueue(settings, name)]);
      return 'created';
    },
    bindInbox: (link, name, exchange) => declare(link, [binding(name, exchange)]),
    async consumers(link, name) {
      try {
        return (await onThrowAway(link, (channel) => channel.checkQueue(name))).consumerCount;
      } catch (error) {
        if (link.isGone) throw error;
        return replyCodeOf(error) === replyCodes.notFound ? 'missing' : 'unknown';
      }
    },
  };

  /** Through such an exchange each reply would go to each worker, too. */
  function refuseCopies(link: Link, actions: readonly string[]): void {
    const action = actions.find((each) => ['fanout', 'headers'].includes(settings.exchangeTypes.get(each) ?? 'direct'));
    if (action === undefined) return;
    const [right] = rightsFor({ kind: 'publishing', exchange: '', from: '' });
    const refusal = new Error(
      `replies cannot go through exchange ${JSON.stringify(action)}, whose type is no direct one`,
    );
    if (right) throw missingRight(link, right, refusal);
  }
}
