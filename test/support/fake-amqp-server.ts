import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFrameReader, type Frame } from './amqp-frames.js';
import { createAnswers, type Answers } from './fake-amqp-answers.js';
import { bodyOf, channelOf, encode, fieldsOf, propertiesOf, type Content } from './fake-amqp-codec.js';

/** One connection of a client. */
export interface Peer {
  /** Which of the connections of a transport it is, by the end of its name; 'other' for any else. */
  readonly role: string;
  send(channel: number, method: string, fields?: object, content?: Content): void;
  /** Bytes that need not be AMQP. */
  write(bytes: Buffer): void;
}

/** A method that came, with its content if it has any. */
export interface Call {
  readonly peer: Peer;
  readonly channel: number;
  readonly method: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/**
 * A broker that says what a test makes it say. By itself it lets everybody in, takes every declaration, and routes and
 * confirms what is published to queues that are consumed.
 */
export interface FakeAmqpServer extends Omit<Answers, 'forget'> {
  readonly port: number;
  readonly url: string;
  /** The version that it tells clients; '3.10.8' at first. */
  version: string;
  /** What it proposes to clients. */
  tune: { readonly frameMax: number; readonly heartbeat: number };
  /** What is done in place of `answer`, by the name of the method that came. */
  readonly answers: Map<string, (call: Call) => void>;
  /** Says nothing more, to nobody; what comes meanwhile is never answered. */
  isMute: boolean;
  /** Of all that came. */
  readonly largestFrameBytes: number;
  /** What came of one method. */
  callsOf(method: string): readonly Call[];
  /** Those open now, in the order they came. */
  readonly peers: readonly Peer[];
  close(): Promise<void>;
}

export async function startFakeAmqpServer(): Promise<FakeAmqpServer> {
  const open = new Map<Socket, Peer>();
  const calls: Call[] = [];
  let largestFrameBytes = 0;
  const { forget, ...answers } = createAnswers(() => server.tune);

  const listener = createServer({ noDelay: true }, (socket) => {
    const readFrames = createFrameReader();
    /** The frames of a method that is not complete, by its channel. */
    const begun = new Map<number, Frame[]>();
    const peer = {
      role: 'other',
      send: (channel: number, method: string, fields?: object, content?: Content) =>
        peer.write(encode(channel, method, fields, content)),
      write(bytes: Buffer) {
        if (socket.writable) socket.write(bytes);
      },
    };
    open.set(socket, peer);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      forget(peer);
    });
    socket.on('data', (chunk) => {
      for (const frame of readFrames(chunk)) take(frame);
    });

    function take(frame: Frame): void {
      if (frame.bytes.toString('latin1', 0, 4) === 'AMQP') return greet(peer);
      largestFrameBytes = Math.max(largestFrameBytes, frame.bytes.length);
      const channel = channelOf(frame);
      if (frame.begins !== undefined) begun.set(channel, []);
      begun.get(channel)?.push(frame);
      if (frame.completes === undefined) return;
      const [method, header, ...bodies] = begun.get(channel) ?? [];
      begun.delete(channel);
      if (!method) return;
      const fields = fieldsOf(method);
      const named = fields['clientProperties'] as { readonly connection_name?: string } | undefined;
      if (named) peer.role = named.connection_name?.split(' ').at(-1) ?? 'other';
      const properties = header ? propertiesOf(header) : {};
      const call: Call = {
        ...{ peer, channel, method: frame.completes, fields, properties },
        body: Buffer.concat(bodies.map(bodyOf)),
      };
      calls.push(call);
      if (!server.isMute) (server.answers.get(call.method) ?? answers.answer)(call);
      if (call.method === 'connection.close') socket.end();
    }
  });

  function greet(peer: Peer): void {
    peer.send(0, 'connection.start', {
      ...{ versionMajor: 0, versionMinor: 9, mechanisms: Buffer.from('PLAIN'), locales: Buffer.from('en_US') },
      serverProperties: { product: 'RabbitMQ', version: server.version },
    });
  }

  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  const server: FakeAmqpServer = {
    port,
    url: `amqp://guest:guest@127.0.0.1:${port}/shop`,
    version: '3.10.8',
    tune: { frameMax: 131_072, heartbeat: 60 },
    answers: new Map(),
    isMute: false,
    callsOf: (method) => calls.filter((call) => call.method === method),
    get largestFrameBytes() {
      return largestFrameBytes;
    },
    get peers() {
      return [...open.values()];
    },
    ...answers,
    async close() {
      for (const socket of open.keys()) socket.destroy();
      await once(listener.close(), 'close');
    },
  };
  return server;
}
