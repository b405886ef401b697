import moleculer from 'moleculer';
import { answered } from './answered.mjs';

/**
 * Moleculer with its AMQP transporter and its validator, which checks requests and no answers. 'documented': the
 * transporter by its URL, as the chapter "Networking" of its documentation shows it: prefetch 1, Nagle's delay.
 * 'tuned': without that delay, with prefetch 128.
 */
const transporters = {
  documented: (url) => url,
  tuned: (url) => ({ type: 'AMQP', options: { url, prefetch: 128, socketOptions: { noDelay: true } } }),
};

export async function serve(options) {
  const broker = createBroker(options, 'worker');
  broker.createService({
    name: 'bench',
    actions: {
      echo: {
        params: { n: { type: 'number', integer: true }, text: { type: 'string' } },
        handler: ({ params: { n } }) => ({ n }),
      },
    },
  });
  await broker.start();
  return () => broker.stop();
}

export async function connect(options) {
  const { text } = options;
  const broker = createBroker(options, 'caller');
  await broker.start();
  await broker.waitForServices('bench');
  return {
    call: async (n) => answered(n, await broker.call('bench.echo', { n, text })),
    close: () => broker.stop(),
  };
}

function createBroker({ url, variant }, side) {
  return new moleculer.ServiceBroker({
    namespace: `bench-${variant}`,
    nodeID: `${side}-${process.pid}`,
    transporter: transporters[variant](url),
    logger: false,
    // Whoever started this process ends it.
    skipProcessEventRegistration: true,
  });
}
