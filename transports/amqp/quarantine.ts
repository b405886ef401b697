import type { Channel } from 'amqplib';
import { Mutex } from 'async-mutex';
import { delay } from '../../src/core/clock.js';
import type { Quarantine } from '../../src/core/quarantine.js';
import { createQuarantine, type Taking } from '../../src/core/quarantine-work.js';
import { connectBriefly } from './connect-briefly.js';
import { brokerTextOf, copyOf, notSent, replyCodeOf, replyCodes } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import { quarantineQueue } from './names.js';
import { operatorLock } from './quarantine-plan.js';
import type { AmqpTransportOptions } from './options.js';
import { contentOf, entryOf } from './quarantine-entry.js';
import { createRedrive } from './quarantine-redrive.js';
import type { RawMessage } from './wire.js';

export interface AmqpQuarantineOptions extends AmqpTransportOptions {
  readonly address: string;
  /** Users, besides our own, whose word is taken for who sent a request: under which workers of this address ran before. */
  readonly believes?: readonly string[];
}

/** How long a quorum queue is given to have back what was put back, and how often it is looked at. */
const patienceMs = 5_000;
const lookAgainMs = 20;

/**
 * The quarantine of a node address. Needs, with the credentials of its workers, the permissions to configure
 * `<address>.quarantine.operator`, to read `<address>.quarantine` and, to redrive, to write to `samovar.<address>`.
 * Connects with its first use; each piece of work fails with a TransportError: `unroutable` where there is no such
 * quarantine, `busy` while another works at it, `unavailable` where the broker is away, and `setup`.
 */
export function openQuarantine(options: AmqpQuarantineOptions): Quarantine {
  const { address, believes = [] } = options;
  const { settings, connection } = connectBriefly(options, `${options.address} quarantine`);
  const { clock } = settings;
  const queue = quarantineQueue(address);
  const turn = new Mutex();

  async function takeOn<T>(link: Link, work: (taking: Taking<RawMessage>) => Promise<T>): Promise<T> {
    const unlock = await openLock(link, address);
    const channel = await link.channel();
    /** In the order they came. */
    const held = new Set<RawMessage['fields']['deliveryTag']>();
    let total = 0;
    let taken = 0;

    async function next(): Promise<RawMessage | undefined> {
      const raw = await channel.get(queue);
      if (!raw) return undefined;
      taken += 1;
      held.add(raw.fields.deliveryTag);
      return raw;
    }

    /**
     * A classic queue puts back to where it was what was not acked when the channel is closed. A quorum queue puts what
     * comes back behind what came back before: in order only if all of it comes back, one by one.
     */
    async function putBack(): Promise<void> {
      if (settings.queueType === 'quorum') {
        while (taken < total && (await next()));
        for (const deliveryTag of held) channel.nack(tagged(deliveryTag), false, true);
        await untilBack(held.size);
      }
      await close(channel);
    }

    /** A quorum queue has them back a moment later, and whoever came before that would see, and put back, a part of them. */
    async function untilBack(least: number): Promise<void> {
      const giveUpAtMs = clock.monotonicMs() + patienceMs;
      while ((await countOf(channel, queue)) < least && clock.monotonicMs() < giveUpAtMs)
        await delay(clock, lookAgainMs);
    }

    const redrive = createRedrive({ settings, link, address, believes });
    try {
      total = await countOf(channel, queue);
      return await work({
        total,
        next,
        entryOf: (raw) => entryOf(raw, { believes: redrive.trusted }),
        contentOf,
        check: redrive.check,
        redrive: redrive.send,
        forget({ fields: { deliveryTag } }) {
          held.delete(deliveryTag);
          channel.ack(tagged(deliveryTag));
        },
      });
    } catch (error) {
      throw explainRefusal(link, { kind: 'consuming', queue }, error) ?? error;
    } finally {
      await redrive.close();
      // The broker has read all acks and put the rest back once it has closed it; only then another may work here.
      await putBack().catch(() => undefined);
      await unlock();
    }
  }

  return createQuarantine<RawMessage>(
    {
      take: (work) =>
        turn.runExclusive(async () => {
          const link = await connection.ready();
          try {
            return await takeOn(link, work);
          } catch (error) {
            if (link.isGone) throw notSent('unavailable', `the connection was lost: ${brokerTextOf(error)}`, error);
            throw copyOf(error);
          }
        }),
      close: () => connection.close(),
    },
    clock,
  );
}

// The client library reads no more of a message than its tag.
const tagged = (deliveryTag: number) => ({ fields: { deliveryTag } }) as Parameters<Channel['ack']>[0];

/** An exclusive queue: it ends with its connection, if not before. Resolves to what ends it. */
async function openLock(link: Link, address: string): Promise<() => Promise<void>> {
  const lock = operatorLock(address);
  const channel = await link.channel();
  try {
    await channel.assertQueue(lock.name, { durable: false, exclusive: true });
    return async () => {
      await channel.deleteQueue(lock.name).catch(() => undefined);
      await close(channel);
    };
  } catch (error) {
    await close(channel);
    if (replyCodeOf(error) === replyCodes.resourceLocked) {
      const busy = `expected nobody else to work at the quarantine of ${JSON.stringify(address)}; try again later`;
      throw notSent('busy', busy, error);
    }
    throw explainRefusal(link, lock, error) ?? error;
  }
}

async function countOf(channel: Channel, queue: string): Promise<number> {
  try {
    return (await channel.checkQueue(queue)).messageCount;
  } catch (error) {
    if (replyCodeOf(error) !== replyCodes.notFound) throw error;
    throw notSent(
      'unroutable',
      `expected queue ${JSON.stringify(queue)} to exist, got none: no worker has served that address`,
      error,
    );
  }
}

async function close(channel: Channel): Promise<void> {
  await Promise.resolve()
    .then(() => channel.close())
    // Closed already.
    .catch(() => undefined);
}
