import {
  createClient,
  systemClock,
  TransportError,
  type Clock,
  type Disposition,
  type Message,
} from '../../../src/index.js';
import { ack, changed } from '../../conformance/mutants-making.js';
import { isRequest, onReceive, onSend, type PlantedBug } from './planted-bug.js';

const keyHeader = 'samovar-idempotency-key';
const never = (): Promise<never> => new Promise(() => undefined);

/** Mistakes in what moves messages and settles them. */
export const bugsOnTheWay: readonly PlantedBug[] = [
  {
    name: 'a delivery is acked before it is answered',
    profile: 'amqp',
    parts: onReceive((receive) => async (delivery) => {
      void receive(delivery);
      return ack;
    }),
  },
  {
    name: 'an ack for a lost channel settles what came on the next one with its tag',
    profile: 'amqp',
    parts: onReceive((receive, transport) => {
      const byTag = new Map<number, (disposition: Disposition) => void>();
      let [tag, channel] = [0, -1];
      return (delivery) =>
        new Promise((settle, reject) => {
          const { reconnects } = transport.health();
          if (reconnects !== channel) [tag, channel] = [0, reconnects];
          const own = (tag += 1);
          byTag.set(own, settle);
          receive(delivery).then((disposition) => byTag.get(own)?.(disposition), reject);
        });
    }),
  },
  {
    name: 'the lease of a delivery is not renewed while it waits for a lock',
    profile: 'sqs',
    parts: onReceive(
      (receive, _transport, clock) => (delivery) =>
        new Promise((settle, reject) => {
          const cancel = clock.after(30_000, () => settle({ kind: 'return' }));
          receive(delivery).then(settle, reject).finally(cancel);
        }),
    ),
  },
  {
    name: 'a deadline is not looked at when a request comes late',
    profile: 'sqs',
    parts: onReceive((receive) => (delivery) => {
      const { expiresAt: _expiresAt, ...message } = delivery.message;
      return receive({ ...delivery, message });
    }),
  },
  {
    name: 'what is quarantined is only acked',
    profile: 'amqp',
    parts: onReceive((receive) => async (delivery) => {
      const disposition = await receive(delivery);
      return disposition.kind === 'retry' || disposition.kind === 'quarantine' ? ack : disposition;
    }),
  },
  {
    name: 'a send resolves before the broker has the message',
    profile: 'amqp',
    parts: onSend((send) => async (address, message, options) => {
      const sending = send(address, message, options);
      sending.catch(() => undefined);
      if (!isRequest(message)) await sending;
    }),
  },
  {
    name: 'a call without a key is sent again when its confirm is lost',
    profile: 'amqp',
    parts: onSend((send) => async (address, message, options) => {
      for (;;) {
        try {
          await send(address, message, options);
          return;
        } catch (error) {
          if (!(error instanceof TransportError) || error.sent === 'no') throw error;
          // A new id, since this is a new message to whoever gets it.
          if (isRequest(message)) await send(address, { ...message, id: `${message.id}-again` }, options);
          return;
        }
      }
    }),
  },
  {
    name: 'replies are sent to whoever asked last',
    profile: 'amqp',
    parts: {
      transport(transport) {
        let last: string | undefined;
        return changed(transport, {
          async send(address, message: Message, options) {
            const { correlationId } = message;
            if (isRequest(message)) return transport.send(address, message, options);
            const to = last ?? correlationId;
            last = correlationId;
            return transport.send(address, to === undefined ? message : { ...message, correlationId: to }, options);
          },
        });
      },
    },
  },
  {
    name: 'a pending call is registered after its send',
    profile: 'amqp',
    parts: {
      transport(transport) {
        const sending = new Set<string>();
        return changed(transport, {
          async send(address, message, options) {
            if (isRequest(message)) sending.add(message.id);
            await transport.send(address, message, options).finally(() => sending.delete(message.id));
          },
          openInbox: (on) =>
            transport.openInbox({
              ...on,
              receive: (message) => (sending.has(message.correlationId ?? '') ? undefined : on.receive(message)),
            }),
        });
      },
    },
  },
  {
    name: 'a message with the key of an earlier one is taken for its repeat',
    profile: 'sqs',
    parts: onSend((send) => {
      const keys = new Set<string>();
      return async (address, message, options) => {
        const key = message.headers[keyHeader];
        if (key !== undefined && keys.has(key)) return;
        await send(address, message, options);
        if (key !== undefined) keys.add(key);
      };
    }),
  },
  {
    name: 'a message loses its group on the way',
    profile: 'sqs',
    parts: onSend(
      (send) =>
        (address, { groupKey: _groupKey, ...message }, options) =>
          send(address, message, options),
    ),
  },
  {
    name: 'a call leaves its timer behind',
    profile: 'amqp',
    parts: {
      client({ clock = systemClock, ...options }) {
        const after: Clock['after'] = (ms, task) => {
          clock.after(ms, task);
          return () => undefined;
        };
        return createClient({ ...options, clock: { ...clock, after } });
      },
    },
  },
  {
    name: 'a reply that the broker refuses is waited for for ever',
    profile: 'amqp',
    parts: onSend((send) => (address, message, options) => {
      const sending = send(address, message, options);
      return isRequest(message) ? sending : sending.catch(never);
    }),
  },
];
