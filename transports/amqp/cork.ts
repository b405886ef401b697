import { Duplex } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/**
 * The socket under a connection of amqplib 2.x. It is private there: undefined where it is not as we know it, and
 * everything works without, only slower.
 */
export function socketOf(model: ChannelModel): Duplex | undefined {
  const connection: object = model.connection;
  const stream: unknown = 'stream' in connection ? connection.stream : undefined;
  return stream instanceof Duplex ? stream : undefined;
}

/**
 * Makes all that is written in one turn of the event loop one write to the operating system: a reply and an ack, or a
 * hundred requests. A third of the cost of a call in this process is that system call.
 */
export function corkEachTurn(stream: Duplex): void {
  const write = stream.write.bind(stream) as (chunk: unknown) => boolean;
  let corked = false;
  function uncork(): void {
    corked = false;
    stream.uncork();
  }
  // amqplib writes whole buffers and gives neither an encoding nor a callback.
  stream.write = (chunk: unknown): boolean => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(uncork);
    }
    return write(chunk);
  };
}
