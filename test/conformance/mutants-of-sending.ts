import { lying, onDelivery, onSent, onTransport, without, type Mutant } from './mutants-making.js';

export const mutantsOfSending: readonly Mutant[] = [
  {
    name: 'loses the headers',
    caughtBy: ['every field arrives as it was sent', 'any text arrives unchanged in a header'],
    harness: onSent((message) => ({ ...message, headers: {} })),
  },
  {
    name: 'writes header names in lower case',
    caughtBy: ['every field arrives as it was sent'],
    harness: onSent(({ headers, ...message }) => ({
      ...message,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    })),
  },
  {
    name: 'drops the correlation id',
    caughtBy: ['every field arrives as it was sent', 'a reply arrives where the request said'],
    harness: onSent((message) => without(message, 'correlationId')),
  },
  {
    name: 'makes up a group key',
    caughtBy: ['a field that was left out stays absent'],
    harness: onSent((message) => ({ groupKey: 'default', ...message })),
  },
  {
    name: 'takes a byte order mark off the body',
    caughtBy: ['any text arrives unchanged in a body'],
    harness: onSent((message) => ({ ...message, body: message.body.replace(/^\ufeff/, '') })),
  },
  {
    name: 'counts characters for bytes',
    caughtBy: ['a body of one byte over the limit is too_large and never leaves'],
    harness: lying({ is: { maxBodyBytes: 2 * 1024 * 1024 } }),
  },
  {
    name: 'keeps the sender’s own object',
    caughtBy: ['what was sent is what the message was at that moment'],
    harness: onTransport((transport) => ({
      send: async (address, message, options) => {
        await new Promise((resolve) => setImmediate(resolve));
        return transport.send(address, message, options);
      },
    })),
  },
  {
    name: 'resolves a send before the broker has the message',
    caughtBy: [
      'a resolved send no longer needs its sender',
      'a send of an action that nobody answers there is unroutable',
    ],
    harness: onTransport((transport) => ({
      async send(address, message, options) {
        setImmediate(() => void transport.send(address, message, options).catch(() => undefined));
      },
    })),
  },
  {
    name: 'sends what was given up',
    caughtBy: ['a send that was given up before it left is cancelled and never arrives'],
    harness: onTransport((transport) => ({
      send: (address, message, { signal: _, ...options } = {}) => transport.send(address, message, options),
    })),
  },
  {
    name: 'delivers what has expired',
    caughtBy: ['an expired message is not delivered'],
    harness: onSent((message) => without(message, 'expiresAt')),
  },
  {
    name: 'swallows that nobody is there',
    caughtBy: [
      'a send to an address that nobody ever consumed is unroutable',
      'a send of an action that nobody answers there is unroutable',
      'a reply to an inbox that is gone is unroutable',
    ],
    harness: onTransport((transport) => ({
      send: (...sending) => transport.send(...sending).catch(() => undefined),
    })),
  },
  {
    name: 'ignores requireWorker',
    caughtBy: ['requireWorker fails as no_worker where nobody consumes the address'],
    harness: lying({ is: { reportsNoWorker: false } }),
  },
  {
    name: 'believes a header about the sender',
    caughtBy: ['the broker vouches for the sender, whatever the headers say'],
    harness: onDelivery((delivery) => ({ ...delivery, sender: delivery.message.headers['sender'] ?? 'nobody' })),
  },
];
