import { Duplex } from 'node:stream';
import type { Channel, ChannelModel } from 'amqplib';

/** Written and not yet taken by the operating system: with more than this a channel is full. */
const mostWaitingBytes = 1_048_576;

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

/** What amqplib 2.x keeps of a channel, as far as its frames pass through it. */
interface Registered {
  buffer: { write(frame: Uint8Array): boolean; end(): void };
}

/**
 * Returns what has the frames of a channel written to the socket at once. By itself amqplib passes each through a
 * stream of the channel, an event, another turn of the event loop and a multiplexer. A channel that is not as we know
 * it stays as it is.
 */
export function createStraightening(socket: Duplex): (channel: Channel) => void {
  const full = new Set<Channel>();
  socket.on('drain', () => {
    const waiting = [...full];
    full.clear();
    for (const channel of waiting) channel.emit('drain');
  });
  return (channel) => {
    const registered = registeredOf(channel);
    if (!registered) return;
    registered.buffer = {
      write(frame) {
        socket.write(frame);
        if (socket.writableLength > mostWaitingBytes) full.add(channel);
        return !full.has(channel);
      },
      end: () => void full.delete(channel),
    };
  };
}

function registeredOf(channel: object): Registered | undefined {
  const { connection, ch } = channel as {
    readonly connection?: { readonly channels?: unknown };
    readonly ch?: unknown;
  };
  const channels = connection?.channels;
  const registered: unknown = Array.isArray(channels) && typeof ch === 'number' ? channels[ch] : undefined;
  const isKnown = typeof registered === 'object' && registered !== null && 'buffer' in registered;
  return isKnown && registered.buffer instanceof Duplex ? (registered as Registered) : undefined;
}
