import type { Channel } from 'amqplib';
import { connectBriefly } from './connect-briefly.js';
import { brokerTextOf, notSent, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import { ladder, quarantineQueue, retryQueue, type Rung } from './names.js';
import type { AmqpTransportOptions } from './options.js';

/** What a broker says of one node address. */
export interface AddressReport {
  readonly address: string;
  readonly exists: boolean;
  readonly consumers: number;
  /** Requests that no worker has taken yet. */
  readonly waiting: number;
  /** What is in the quarantine and on the ladder of retries; 0 where there is none. */
  readonly quarantined: number;
  readonly retrying: Readonly<Record<Rung['name'], number>>;
}

/**
 * Looks at addresses over one connection and changes nothing; needs no right but to the virtual host.
 * @throws TransportError `setup` or `unavailable`, the latter within `waitForBrokerMs` (5 s by default) where no broker answers.
 */
export async function inspectAddresses(
  options: AmqpTransportOptions,
  addresses: readonly string[],
): Promise<readonly AddressReport[]> {
  const { connection } = connectBriefly(options, 'inspect');
  try {
    const depthOf = createDepths(await connection.ready());
    const reports: AddressReport[] = [];
    for (const address of addresses) {
      const requests = await depthOf(address);
      const quarantine = await depthOf(quarantineQueue(address));
      const retrying = { '30s': 0, '5m': 0, '30m': 0 };
      for (const rung of ladder) retrying[rung.name] = (await depthOf(retryQueue(address, rung)))?.messageCount ?? 0;
      reports.push({
        address,
        exists: requests !== undefined,
        consumers: requests?.consumerCount ?? 0,
        waiting: requests?.messageCount ?? 0,
        quarantined: quarantine?.messageCount ?? 0,
        retrying,
      });
    }
    return reports;
  } finally {
    await connection.close();
  }
}

/** Asks by passive declare, on one channel until a queue that is missing closes it. */
function createDepths(link: Link) {
  let channel: Channel | undefined;
  return async (queue: string) => {
    try {
      channel ??= await link.channel();
      return await channel.checkQueue(queue);
    } catch (error) {
      channel = undefined;
      const text = brokerTextOf(error);
      if (link.isGone) throw notSent('unavailable', `the connection was lost: ${text}`, error);
      // Also what a queue is called whose node is away.
      if (replyCodeOf(error) === replyCodes.notFound && text.includes('no queue')) return undefined;
      const message = `expected to look at queue ${JSON.stringify(queue)}, got: ${text}`;
      throw replyCodeOf(error) === replyCodes.notFound
        ? notSent('unavailable', message, error)
        : setupError(message, error);
    }
  };
}
