import assert from 'node:assert/strict';
import type { ConformanceCase } from './case.js';
import { ack } from './context.js';
import { holdingWorker } from './holding-worker.js';

const group = 'life cycle';

/** What becomes of deliveries in hand when their consumer or transport is ended in good order. */
export const givingBackCases: readonly ConformanceCase[] = [
  {
    name: 'a delivery in hand is still settled after its consumer stopped',
    group,
    async run(context) {
      const { connect, work, send, within, eventually, marker } = context;
      const caller = await connect();
      const { worker: first, gates } = await holdingWorker(context);
      const sent = await send(caller, first.address);
      await eventually(() => first.times(sent) === 1, 'it arrives');
      await within(first.consumer.stop(), 'it stops');
      gates[0]?.open(ack);
      const bystander = await work({ transport: first.transport });
      await marker(caller, bystander);
      await within(first.transport.close(), 'it closes');
      const second = await work({ address: first.address });
      await marker(caller, second);
      assert.equal(second.times(sent), 0);
    },
  },
  {
    name: 'a delivery that was not settled goes back when its transport closes',
    group,
    async run(context) {
      const { connect, work, send, within, eventually } = context;
      const caller = await connect();
      const { worker: first } = await holdingWorker(context);
      const sent = await send(caller, first.address);
      await eventually(() => first.times(sent) === 1, 'it arrives');
      await within(first.transport.close(), 'it closes');
      const second = await work({ address: first.address });
      await eventually(() => second.times(sent) === 1, 'it goes to the next worker');
      assert.equal(second.seen[0]?.redelivered, true);
    },
  },
  {
    name: 'settling after the transport closed changes nothing',
    group,
    async run(context) {
      const { connect, work, send, within, eventually, marker } = context;
      const caller = await connect();
      const { worker: first, gates } = await holdingWorker(context);
      const sent = await send(caller, first.address);
      await eventually(() => first.times(sent) === 1, 'it arrives');
      await within(first.transport.close(), 'it closes');
      const { worker: second } = await holdingWorker(context, first.address);
      await eventually(() => second.times(sent) === 1, 'it goes to the next worker');
      gates[0]?.open(ack);
      await marker(caller, await work());
      await within(second.transport.close(), 'that one closes too');
      const third = await work({ address: first.address });
      await eventually(() => third.times(sent) === 1, 'it goes to the third');
    },
  },
];
