import moleculer from 'moleculer';

/** Moleculer's local call, with its own validator: the request is checked, the response is not. */
export async function open() {
  const broker = new moleculer.ServiceBroker({ logger: false });
  broker.createService({
    name: 'bench',
    actions: {
      echo: {
        params: { n: { type: 'number', integer: true }, text: { type: 'string', max: 200 } },
        handler: async ({ params }) => ({ n: params.n }),
      },
    },
  });
  await broker.start();
  return { call: (given) => broker.call('bench.echo', given) };
}
