import amqp, { type Channel, type ChannelModel, type SocketOptions } from 'amqplib';
import { corkEachTurn, createStraightening, socketOf } from './cork.js';
import { earlyEndOf, guardOpening } from './early-end.js';
import type { Endpoint } from './endpoints.js';
import { replyCodeOf } from './errors.js';
import type { AmqpSettings } from './options.js';
import { askForRefusal, credentialsFor } from './refusal.js';
import { tlsOptions } from './tls-options.js';

/** Only what a dead connection needs to go away for good. */
export interface Line {
  readonly model: ChannelModel;
  /** Makes writing on a new channel cheap, where the client library is as we know it. */
  straighten(channel: Channel): void;
  /** Lets what is written go out, for a second at most, then ends the socket. Resolves then. */
  hangUp(): Promise<void>;
  /** Ends the socket now. The connection notices and closes. */
  cut(): void;
}

/** What the broker and the client library are told of each other's abilities: we hear of cancels, alarms and wrong passwords. */
const capabilities = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

const mostFrameBytes = 131_072;
/** How long what is written may take to go out. */
const farewellMs = 1_000;

/** Opens one connection. Rejects with the broker's own code and text where it gives them. */
export async function dial(
  endpoint: Endpoint,
  name: string,
  settings: AmqpSettings,
  signal: AbortSignal,
): Promise<Line> {
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  guardOpening(capabilities);
  try {
    const socketOptions: SocketOptions & { signal: AbortSignal } = {
      ...(endpoint.tls ? tlsOptions(endpoint, settings.tls) : {}),
      // Nagle's algorithm would hold back every ack for 40 ms.
      noDelay: true,
      credentials: credentialsFor(endpoint, settings),
      clientProperties: { product: 'samovar', connection_name: name, capabilities },
      // Not among the client library's types, but passed on to net.connect and tls.connect: ends the socket at any time.
      signal: abort.signal,
    };
    const model = await amqp.connect(
      {
        protocol: endpoint.tls ? 'amqps' : 'amqp',
        hostname: endpoint.host,
        port: endpoint.port,
        vhost: encodeURIComponent(endpoint.virtualHost),
        heartbeat: settings.heartbeatMs / 1_000,
        // As the client library's own default for URLs; one frame must hold all headers.
        frameMax: mostFrameBytes,
        // Nor is a larger one read: it would be kept in memory until it is complete.
        maxFrameSize: mostFrameBytes,
      },
      socketOptions,
    );
    const ended = earlyEndOf(model);
    if (ended) {
      // Its reason is known: not asked for again.
      model.on('error', () => undefined);
      abort.abort();
      throw ended;
    }
    return lineOf(model, abort, settings);
  } catch (error) {
    if (signal.aborted || !isUnexplained(error)) throw error;
    const refusal = await askForRefusal(endpoint, settings, signal);
    if (!refusal) throw error;
    throw Object.assign(new Error(refusal.text, { cause: error }), { code: refusal.code });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function isUnexplained(error: unknown): boolean {
  return replyCodeOf(error) === undefined && error instanceof Error && error.message.includes('ConnectionClose');
}

function lineOf(model: ChannelModel, abort: AbortController, { clock }: AmqpSettings): Line {
  const socket = socketOf(model);
  if (socket) corkEachTurn(socket);
  return {
    model,
    straighten: socket ? createStraightening(socket) : () => undefined,
    cut: () => abort.abort(),
    hangUp() {
      if (socket?.writableFinished !== false) {
        abort.abort();
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        function end(): void {
          cancel();
          abort.abort();
          resolve();
        }
        // A broker that is short of memory or disk reads nothing, and the socket would keep this process alive.
        const cancel = clock.after(farewellMs, end);
        socket.once('finish', end);
        socket.once('close', end);
      });
    },
  };
}
