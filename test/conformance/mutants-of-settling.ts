import {
  ack,
  lying,
  onConsume,
  onDelivery,
  onDisposition,
  onReceive,
  onSent,
  onTransport,
  type Mutant,
} from './mutants-making.js';

export const mutantsOfSettling: readonly Mutant[] = [
  {
    name: 'delivers twice',
    caughtBy: ['what was acked never comes back', 'a thousand sends at once all arrive, each once'],
    harness: onReceive((receive) => async (delivery) => {
      await receive(delivery);
      return receive(delivery);
    }),
  },
  {
    name: 'acks early',
    caughtBy: [
      'a delivery that was not settled goes back when its transport closes',
      'what is returned comes back at once, for anybody',
      'a rejection is a retry after a second',
    ],
    harness: onReceive((receive) => async (delivery) => {
      receive(delivery).catch(() => undefined);
      return ack;
    }),
  },
  {
    name: 'ignores the intake',
    caughtBy: ['an intake of 1 is reached and never passed', 'an intake of 3 is reached and never passed'],
    harness: onConsume((options) => ({ ...options, intake: 1_000 })),
  },
  {
    name: 'takes one less than the intake',
    caughtBy: ['an intake of 3 is reached and never passed', 'a slow delivery holds back none of the others'],
    harness: onConsume((options) => ({ ...options, intake: Math.max(1, options.intake - 1) })),
  },
  {
    name: 'never extends a lease',
    caughtBy: ['a delivery stays with its worker for as long as it runs'],
    harness: lying({ is: { maxHoldMs: 30_000 } }),
  },
  {
    name: 'gives everything to the first worker',
    caughtBy: ['workers of one address share what comes'],
    harness() {
      const consumed = new Set<string>();
      return onTransport((transport) => ({
        consume(address, options, receive) {
          const first = !consumed.has(address);
          consumed.add(address);
          return transport.consume(first ? address : `${address} waiting in vain`, options, receive);
        },
      }))();
    },
  },
  {
    name: 'loses what is returned',
    caughtBy: ['what is returned comes back at once, for anybody', 'a return is not counted as an attempt'],
    harness: onDisposition((disposition) => (disposition.kind === 'return' ? ack : disposition)),
  },
  {
    name: 'counts a return as an attempt',
    caughtBy: ['a return is not counted as an attempt'],
    harness: onDisposition((disposition) =>
      disposition.kind === 'return' ? { kind: 'retry', afterMs: 0 } : disposition,
    ),
  },
  {
    name: 'retries without the delay',
    caughtBy: ['a retry comes back after its delay, unchanged, as another attempt'],
    harness: onDisposition((disposition) =>
      disposition.kind === 'retry' ? { ...disposition, afterMs: 0 } : disposition,
    ),
  },
  {
    name: 'always says it is the first attempt',
    caughtBy: ['a retry comes back after its delay, unchanged, as another attempt'],
    harness: onDelivery((delivery) => ({ ...delivery, attempt: 1 })),
  },
  {
    name: 'counts every retry',
    caughtBy: ['a retry that is not to be counted is not'],
    harness: onDisposition((disposition) =>
      disposition.kind === 'retry' ? { kind: 'retry', afterMs: disposition.afterMs } : disposition,
    ),
  },
  {
    name: 'counts deliveries that ended with their connection',
    caughtBy: ['a delivery that is lost with its connection comes back as the same attempt'],
    harness: lying({ is: { countsAttempts: true } }),
  },
  {
    name: 'never says that it is a redelivery',
    caughtBy: [
      'a return is not counted as an attempt',
      'a delivery that is lost with its connection comes back as the same attempt',
    ],
    harness: onDelivery((delivery) => ({ ...delivery, redelivered: false })),
  },
  {
    name: 'retries within a microtask',
    caughtBy: ['an endless retry at once starves nobody'],
    harness: onReceive((receive) => async (delivery) => {
      let attempt = 1;
      for (;;) {
        const disposition = await receive({ ...delivery, attempt });
        if (disposition.kind !== 'retry' || disposition.afterMs > 0) return disposition;
        attempt += 1;
      }
    }),
  },
  {
    name: 'takes a rejection for an ack',
    caughtBy: ['a rejection is a retry after a second'],
    harness: onReceive((receive) => (delivery) => receive(delivery).catch(() => ack)),
  },
  {
    name: 'forgets why it quarantined',
    caughtBy: ['what is quarantined is set aside with its reason and never comes back'],
    harness: onDisposition((disposition) =>
      disposition.kind === 'quarantine' ? { kind: 'quarantine', reason: '' } : disposition,
    ),
  },
  {
    name: 'drops what it should quarantine',
    caughtBy: ['what is quarantined is set aside with its reason and never comes back'],
    harness: onDisposition((disposition) => (disposition.kind === 'quarantine' ? ack : disposition)),
  },
  {
    name: 'runs a group in parallel',
    caughtBy: [
      'a group is delivered in the order of its resolved sends, one at a time',
      'a group waits for its own slow message, the other groups do not',
    ],
    harness: lying({ is: { ordering: 'none' } }),
  },
  {
    name: 'puts everything in one group',
    caughtBy: [
      'a group waits for its own slow message, the other groups do not',
      'a slow delivery holds back none of the others',
    ],
    harness: onSent((message) => ({ ...message, groupKey: 'all' })),
  },
  {
    name: 'sends a retried message to the end of its group',
    caughtBy: ['a retried message keeps its place at the head of its group'],
    harness: onTransport((transport) => ({
      consume: (address, options, receive) =>
        transport.consume(address, options, async (delivery) => {
          const disposition = await receive(delivery);
          if (disposition.kind !== 'retry') return disposition;
          await transport.send(address, delivery.message);
          return ack;
        }),
    })),
  },
];
