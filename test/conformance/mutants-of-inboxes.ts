import type { InboxHandlers, Message } from '../../src/core/transport.js';
import { inTurns, onTransport, type Mutant } from './mutants-making.js';

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
