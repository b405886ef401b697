import {
  TransportError,
  type Disposition,
  type InboxHandlers,
  type Message,
  type Transport,
} from '../../src/core/transport.js';
import { createMemoryHarness } from './memory-harness.js';
import { onReceive, onTransport, type Mutant } from './mutants-making.js';

const inTurns = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const onInbox = (change: (on: InboxHandlers) => InboxHandlers): Mutant['harness'] =>
  onTransport((transport) => ({ openInbox: (on) => transport.openInbox(change(on)) }));

const onControl = (change: (heard: (message: Message, sender?: string) => void) => typeof heard): Mutant['harness'] =>
  onTransport((transport) => ({
    consume(address, options, receive) {
      const heard = change((message, sender) => options.control?.(message, sender));
      return transport.consume(address, { ...options, control: (message, sender) => heard(message, sender) }, receive);
    },
  }));

export const mutantsOfInboxes: readonly Mutant[] = [
  {
    name: 'gives every reply to every inbox',
    caughtBy: ['an inbox gets its own replies and no others'],
    harness() {
      const inboxes = new Set<InboxHandlers>();
      return onInbox((on) => {
        inboxes.add(on);
        return { ...on, receive: (message) => inboxes.forEach((each) => void each.receive(message)) };
      })();
    },
  },
  {
    name: 'goes on receiving in a closed inbox',
    caughtBy: [
      'an inbox that is closed gets nothing more, and the other one of its transport goes on',
      'a reply to an inbox that is gone is unroutable',
    ],
    harness: onTransport((transport) => ({
      openInbox: async (on) => ({ ...(await transport.openInbox(on)), close: async () => undefined }),
    })),
  },
  {
    name: 'loses a reply that overtakes the confirm of its request',
    caughtBy: ['a reply that is sent before the request was acked, or its send resolved, arrives'],
    harness: onTransport((transport) => {
      let sending = 0;
      return {
        async send(...parts) {
          sending += 1;
          await transport.send(...parts);
          await inTurns(5);
          sending -= 1;
        },
        openInbox: (on) =>
          transport.openInbox({
            ...on,
            receive: (message) => (sending > 0 ? undefined : on.receive(message)),
          }),
      };
    }),
  },
  {
    name: 'forgets a reply before it was received',
    caughtBy: ['an inbox lives through a cut, and so does a reply that was not yet received'],
    harness: onInbox((on) => ({ ...on, receive: (message) => void on.receive(message) })),
  },
  {
    name: 'receives one reply after the other',
    caughtBy: ['a reply that is received slowly holds back none of the others'],
    harness: onInbox((on) => {
      let before = Promise.resolve();
      return { ...on, receive: (message) => (before = before.then(() => on.receive(message))) };
    }),
  },
  {
    name: 'drops replies above a bound',
    caughtBy: ['a flood of replies arrives, each once'],
    harness: onInbox((on) => {
      let received = 0;
      return { ...on, receive: (message) => ((received += 1) > 1_000 ? undefined : on.receive(message)) };
    }),
  },
  {
    name: 'keeps quiet about lost replies',
    caughtBy: ['an inbox tells when replies are lost with the broker, and works on'],
    harness: onInbox((on) => ({ ...on, lost: () => undefined })),
  },
];

export const mutantsOfControl: readonly Mutant[] = [
  {
    name: 'lets one worker of an address hear a control message',
    caughtBy: ['a control message reaches every worker of the address, with its sender, and is not kept'],
    harness() {
      const known = new Set<string>();
      return onControl((heard) => (message, sender) => {
        if (!known.has(message.id)) heard(message, sender);
        known.add(message.id);
      })();
    },
  },
  {
    name: 'does not say who sent a control message',
    caughtBy: ['a control message reaches every worker of the address, with its sender, and is not kept'],
    harness: onControl((heard) => (message) => heard(message)),
  },
  {
    name: 'queues a control message as a request',
    caughtBy: [
      'a control message reaches every worker of the address, with its sender, and is not kept',
      'a control message does not wait behind deliveries',
    ],
    harness: onTransport((transport) => ({
      send: (address, message, { control: _, ...options } = {}) => transport.send(address, message, options),
    })),
  },
];

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
