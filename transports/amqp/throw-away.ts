import type { Channel } from 'amqplib';
import { Mutex } from 'async-mutex';
import type { Link } from './link.js';

/** Does something on a channel that is thrown away: a refusal closes the channel it was asked on. */
export type OnThrowAway = <T>(link: Link, work: (channel: Channel) => Promise<T>) => Promise<T>;

/** One after the other on each link: a thousand first calls at once open one channel at a time. */
export function createThrowAway(): OnThrowAway {
  const turns = new WeakMap<Link, Mutex>();
  return (link, work) => {
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
  };
}
