import assert from 'node:assert/strict';
import type { Message } from '../../core/transport.js';
import { ack, createGate } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'control';

export const controlCases: readonly ConformanceCase[] = [
  {
    name: 'a control message reaches every worker of the address, with its sender, and is not kept',
    group,
    trait: { name: 'canCancel', is: true },
    async run({ harness, connect, work, message, send, eventually, marker, within }) {
      const user = harness.users?.[1];
      const caller = await connect(user === undefined ? {} : { user });
      const heard: { worker: number; message: Message; sender: string | undefined }[] = [];
      const listen = (worker: number) => ({
        control: (got: Message, sender: string | undefined) => void heard.push({ worker, message: got, sender }),
      });
      const one = await work(listen(1));
      const two = await work({ ...listen(2), address: one.address });
      const elsewhere = await work(listen(3));
      const sent = message({ correlationId: 'what it is about' });
      await send(caller, one.address, sent, { control: true });
      await eventually(() => heard.length >= 2, 'both hear it');
      const later = await work({ ...listen(4), address: one.address });
      await within(one.consumer.stop(), 'it stops');
      await within(two.consumer.stop(), 'it stops');
      await marker(caller, later);
      await marker(caller, elsewhere);
      assert.deepEqual(heard.map(({ worker }) => worker).sort(), [1, 2]);
      for (const each of heard) assert.equal(each.message.correlationId, 'what it is about');
      if (user !== undefined) for (const each of heard) assert.equal(each.sender, user);
      assert.equal(one.times(sent) + two.times(sent) + later.times(sent), 0, 'expected no delivery of it');
    },
  },
  {
    name: 'a control message does not wait behind deliveries',
    group,
    trait: { name: 'canCancel', is: true },
    async run({ connect, work, message, send, eventually }) {
      const caller = await connect();
      const gate = createGate();
      let heard = 0;
      const worker = await work({
        intake: 1,
        control: () => void (heard += 1),
        receive: async () => {
          await gate.opened;
          return ack;
        },
      });
      await send(caller, worker.address);
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 1, 'its intake is full');
      await send(caller, worker.address, message({ correlationId: 'c' }), { control: true });
      await eventually(() => heard === 1, 'it hears the control message');
      gate.open();
    },
  },
  {
    name: 'a control message is never taken for a request where it cannot be carried',
    group,
    trait: { name: 'canCancel', is: false },
    async run({ connect, work, message, marker, within }) {
      const caller = await connect();
      let heard = 0;
      const worker = await work({ control: () => void (heard += 1) });
      const sending = caller.send(worker.address, message({ correlationId: 'c' }), { control: true });
      await within(
        sending.catch(() => undefined),
        'the send ends',
      );
      await marker(caller, worker);
      assert.deepEqual([heard, worker.seen.length], [0, 1]);
    },
  },
];
