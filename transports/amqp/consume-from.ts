import type { Channel, Options } from 'amqplib';
import { brokerTextOf, replyCodeOf, replyCodes, setupError } from './errors.js';
import type { Link } from './link.js';
import { explainRefusal } from './missing-right.js';
import type { RawMessage } from './wire.js';

/** Resolves to the consumer's tag. @throws TransportError `setup` where the broker does not let us have the queue. */
export async function consumeFrom(
  queue: string,
  { link, channel }: { readonly link: Link; readonly channel: Channel },
  onMessage: (message: RawMessage | null) => void,
  options: Options.Consume = {},
): Promise<string> {
  try {
    return (await channel.consume(queue, onMessage, options)).consumerTag;
  } catch (error) {
    if (link.isGone || replyCodeOf(error) !== replyCodes.accessRefused) throw error;
    throw (
      explainRefusal(link, { kind: 'consuming', queue }, error) ??
      setupError(`expected to consume queue ${JSON.stringify(queue)}, got: ${brokerTextOf(error)}`, error)
    );
  }
}
