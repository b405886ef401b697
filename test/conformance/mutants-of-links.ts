import { TransportError, type Disposition, type Transport } from '../../src/core/transport.js';
import { createMemoryHarness } from './memory-harness.js';
import { inTurns, onReceive, onTransport, type Mutant } from './mutants-making.js';

/** Settles whatever delivery of the message is the latest, as a channel does with a tag from another channel. */
function settlesTheLatest(): Mutant['harness'] {
  return () => {
    const latest = new Map<string, (disposition: Disposition) => void>();
    return onReceive((receive) => ({ message, ...delivery }) => {
      const settled = new Promise<Disposition>((resolve) => latest.set(message.id, resolve));
      void receive({ message, ...delivery }).then((disposition) => latest.get(message.id)?.(disposition));
      return settled;
    })();
  };
}

export const mutantsOfLinks: readonly Mutant[] = [
  {
    name: 'settles on the wrong channel',
    caughtBy: [
      'settling a delivery of the connection before a cut changes nothing',
      'settling after the transport closed changes nothing',
    ],
    harness: settlesTheLatest(),
  },
  {
    name: 'receives after stop',
    caughtBy: [
      'a consumer that was stopped receives nothing from the call on, and what it did not take goes elsewhere',
      'a consumer that was stopped does not hear a message that comes later',
    ],
    harness: onTransport((transport) => ({
      consume: async (...consuming) => ({
        ...(await transport.consume(...consuming)),
        stop: async () => undefined,
      }),
    })),
  },
  {
    name: 'stops a moment after the call',
    caughtBy: [
      'a consumer that was stopped receives nothing from the call on, and what it did not take goes elsewhere',
    ],
    harness: onTransport((transport) => ({
      async consume(...consuming) {
        const consumer = await transport.consume(...consuming);
        return { ...consumer, stop: () => inTurns(1).then(() => consumer.stop()) };
      },
    })),
  },
  {
    name: 'gives back what is in hand when its consumer stops',
    caughtBy: ['a delivery in hand is still settled after its consumer stopped'],
    harness: onTransport((transport) => {
      let stopped = false;
      return {
        async consume(address, options, receive) {
          const consumer = await transport.consume(address, options, async (delivery) => {
            const disposition = await receive(delivery);
            return stopped ? { kind: 'return' } : disposition;
          });
          return { ...consumer, stop: () => consumer.stop().finally(() => (stopped = true)) };
        },
      };
    }),
  },
  {
    name: 'keeps its deliveries when it is closed',
    caughtBy: [
      'a delivery that was not settled goes back when its transport closes',
      'a closed transport refuses everything as closed',
      'a transport is ready when it is connected and closed when it was closed, and says so',
    ],
    harness: onTransport(() => ({ close: async () => undefined })),
  },
  {
    name: 'fails when it is closed twice',
    caughtBy: ['stopping and closing twice is as once'],
    harness: onTransport((transport) => ({
      async close() {
        if (transport.status === 'closed') throw new Error('closed already');
        await transport.close();
      },
    })),
  },
  {
    name: 'takes what is sent after it was closed',
    caughtBy: ['a closed transport refuses everything as closed'],
    harness: onTransport((transport) => ({
      send: async (...sending) => (transport.status === 'closed' ? undefined : transport.send(...sending)),
    })),
  },
  {
    name: 'closes every transport with one',
    caughtBy: ['closing one transport leaves the others alone'],
    harness() {
      const all: Transport[] = [];
      return onTransport((transport) => {
        all.push(transport);
        return { close: () => Promise.all(all.map((each) => each.close())).then(() => undefined) };
      })();
    },
  },
  {
    name: 'does not consume again after a cut',
    caughtBy: [
      'after a cut everything goes on by itself',
      'a delivery that is lost with its connection comes back as the same attempt',
    ],
    harness: onTransport((transport) => ({
      consume: (address, options, receive) =>
        transport.consume(address, options, async (delivery) =>
          transport.health().reconnects > 0 ? { kind: 'return' } : receive(delivery),
        ),
    })),
  },
  {
    name: 'says of what may have left that it has not',
    caughtBy: ['a send around a cut tells the truth'],
    harness() {
      let sent = 0;
      const flaky = (): ReturnType<Mutant['harness']> =>
        createMemoryHarness({ fate: () => ((sent += 1) > 30 ? 'arrives' : 'unconfirmed') });
      return onTransport(
        (transport) => ({
          send: (...sending) =>
            transport.send(...sending).catch((error: unknown) => {
              throw new TransportError('unavailable', 'certainly not sent', { sent: 'no', cause: error });
            }),
        }),
        flaky,
      )();
    },
  },
  {
    name: 'rejects a send with any error',
    caughtBy: ['a send to an address that nobody ever consumed is unroutable'],
    harness: onTransport((transport) => ({
      send: (...sending) =>
        transport.send(...sending).catch((error: unknown) => {
          throw new Error('it did not work', { cause: error });
        }),
    })),
  },
];
