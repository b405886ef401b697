import { Connection } from 'rabbitmq-client';
import { answered } from './answered.mjs';

/**
 * rabbitmq-client, by direct reply-to; it acks after the handler. 'documented': "RPCClient: request-response
 * communication between services" in its README: confirmed requests, no limit of unacked ones, Nagle's delay.
 * 'tuned': without that delay, with prefetch 128, and without confirms.
 */
const options = {
  documented: { connection: {}, consumer: {}, client: { confirm: true } },
  tuned: { connection: { noDelay: true }, consumer: { qos: { prefetchCount: 128 } }, client: {} },
};
const queueOf = (variant) => `bench-rabbitmq-client-${variant}`;

export async function serve({ url, variant }) {
  const { connection, consumer } = options[variant];
  const rabbit = await open(url, connection);
  const server = rabbit.createConsumer({ queue: queueOf(variant), ...consumer }, async ({ body: { n } }, reply) => {
    await reply({ n });
  });
  server.on('error', fail);
  await new Promise((resolve) => server.once('ready', resolve));
  return async () => {
    await server.close();
    await rabbit.close();
  };
}

export async function connect({ url, variant, text }) {
  const { connection, client } = options[variant];
  const rabbit = await open(url, connection);
  const rpc = rabbit.createRPCClient(client);
  return {
    call: async (n) => answered(n, (await rpc.send(queueOf(variant), { n, text })).body),
    async close() {
      await rpc.close();
      await rabbit.close();
    },
  };
}

async function open(url, given) {
  const rabbit = new Connection({ url, ...given });
  rabbit.on('error', fail);
  await rabbit.onConnect();
  return rabbit;
}

function fail(error) {
  throw error;
}
