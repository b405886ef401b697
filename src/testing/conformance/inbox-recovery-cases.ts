import type { ConformanceCase } from './case.js';
import { createGate } from './context.js';
import { open, replyTo } from './open-inbox.js';

const group = 'inbox';

/** What becomes of replies when a connection or the broker ends. */
export const inboxRecoveryCases: readonly ConformanceCase[] = [
  {
    name: 'an inbox lives through a cut, and so does a reply that was not yet received',
    group,
    needs: ['cut'],
    async run(context) {
      const { harness, connect, message, send, insist, eventually } = context;
      const [caller, worker] = [await connect(), await connect()];
      const gate = createGate();
      const inbox = await open(context, caller, (_, nth) => (nth === 1 ? gate.opened : undefined));
      const slow = replyTo(message());
      await send(worker, inbox.address, slow);
      await eventually(() => inbox.got.length === 1, 'it arrives');
      await harness.cut?.();
      const timesSlow = (): number => inbox.got.filter(({ id }) => id === slow.id).length;
      await eventually(() => inbox.losses > 0 || timesSlow() === 2, 'it comes again, or its loss is told');
      const later = replyTo(message());
      await insist(worker, inbox.address, later);
      await eventually(() => inbox.got.some(({ id }) => id === later.id), 'the next reply arrives');
      gate.open();
    },
  },
  {
    name: 'an inbox tells when replies are lost with the broker, and works on',
    group,
    trait: { name: 'survivesBrokerCrash', is: false },
    needs: ['crashBroker'],
    async run(context) {
      const { harness, connect, message, insist, eventually } = context;
      const [caller, worker] = [await connect(), await connect()];
      const inbox = await open(context, caller);
      await harness.crashBroker?.();
      await eventually(() => inbox.losses === 1, 'the loss is told');
      const reply = replyTo(message());
      await insist(worker, inbox.address, reply);
      await eventually(() => inbox.got.some(({ id }) => id === reply.id), 'the next reply arrives');
    },
  },
  {
    name: 'a persistent reply that was not yet received outlives the broker, or its loss is told',
    group,
    needs: ['crashBroker'],
    async run(context) {
      const { harness, connect, message, send, eventually } = context;
      const [caller, worker] = [await connect(), await connect()];
      const gate = createGate();
      const inbox = await open(context, caller, (_, nth) => (nth === 1 ? gate.opened : undefined));
      const reply = { ...replyTo(message()), persistent: true };
      await send(worker, inbox.address, reply);
      await eventually(() => inbox.got.length === 1, 'it arrives');
      await harness.crashBroker?.();
      await eventually(() => inbox.losses + inbox.got.length >= 2, 'it comes again, or its loss is told');
      gate.open();
    },
  },
];
