/**
 * What differs between the RabbitMQ versions that are supported, 3.10 to 4.x, and what is done about it:
 *
 * - up to 4.1 a mandatory message to `amq.rabbitmq.reply-to.*` is delivered and returned: replies there are never mandatory.
 * - 4.0: a quorum queue drops what was delivered more than 20 times: the limit is declared out of reach.
 * - 4.1: frames of at least 8 KiB are asked for: the client library asks for 128.
 * - 4.3: an ack that takes too long cancels the consumer instead of closing its channel: both attach it again.
 * - 4.3: `basic.nack` is not counted towards the delivery limit: nothing here counts on it.
 * - 4.3: no transient shared queues and no channel-wide prefetch: neither is used.
 */
import type { AmqpSettings } from './options.js';

export interface BrokerVersion {
  readonly major: number;
  readonly minor: number;
}

/** From the server properties of a connection; the oldest supported where it does not say. */
export function brokerVersion(text: string | undefined): BrokerVersion {
  const match = /^(\d+)\.(\d+)/.exec(text ?? '');
  return { major: Number(match?.[1] ?? 3), minor: Number(match?.[2] ?? 10) };
}

/** No message is dropped for having been delivered often: starts are counted elsewhere. */
const deliveryLimitOutOfReach = 1_000_000_000;

/** The arguments of a queue that workers declare. None for a classic queue: existing callers declare it so. */
export function queueArguments(
  queueType: AmqpSettings['queueType'],
  version: BrokerVersion,
): Record<string, string | number> {
  if (queueType === 'classic') return {};
  return version.major >= 4
    ? { 'x-queue-type': 'quorum', 'x-delivery-limit': deliveryLimitOutOfReach }
    : { 'x-queue-type': 'quorum' };
}
