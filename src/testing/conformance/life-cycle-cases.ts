import assert from 'node:assert/strict';
import { ack } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'life cycle';

export const lifeCycleCases: readonly ConformanceCase[] = [
  {
    name: 'a transport is ready when it is connected and closed when it was closed, and says so',
    group,
    async run({ connect, within }) {
      const transport = await connect();
      assert.deepEqual([transport.status, transport.health().status], ['ready', 'ready']);
      await within(transport.close(), 'it closes');
      assert.deepEqual([transport.status, transport.health().status], ['closed', 'closed']);
    },
  },
  {
    name: 'a consumer that was stopped receives nothing from the call on, and what it did not take goes elsewhere',
    group,
    async run({ connect, work, message, within, eventually, marker }) {
      const caller = await connect();
      let stopping: Promise<void> | undefined;
      let late = 0;
      const worker = await work({
        intake: 5,
        async receive(_, nth) {
          if (stopping) late += 1;
          if (nth === 18) stopping = worker.consumer.stop();
          return ack;
        },
      });
      const sent = Array.from({ length: 100 }, () => message());
      await within(Promise.all(sent.map((each) => caller.send(worker.address, each))), 'the sends end');
      await eventually(() => stopping !== undefined, 'it is stopped');
      await within(stopping ?? Promise.resolve(), 'it has stopped');
      const second = await work({ address: worker.address });
      await eventually(() => worker.seen.length + second.seen.length >= sent.length, 'the rest goes elsewhere');
      await marker(caller, second);
      assert.deepEqual([late, worker.seen.length, second.seen.length], [0, 18, 83]);
      assert.equal(new Set([...worker.ids(), ...second.ids()]).size, 101);
    },
  },
  {
    name: 'a consumer that was stopped does not hear a message that comes later',
    group,
    async run({ connect, work, send, within, marker }) {
      const caller = await connect();
      const worker = await work();
      const bystander = await work({ transport: worker.transport });
      await within(worker.consumer.stop(), 'it stops');
      await send(caller, worker.address);
      await marker(caller, bystander);
      assert.equal(worker.seen.length, 0);
    },
  },
  {
    name: 'stopping and closing twice is as once',
    group,
    async run({ work, within }) {
      const worker = await work();
      await within(Promise.all([worker.consumer.stop(), worker.consumer.stop()]), 'it stops');
      await within(worker.consumer.stop(), 'it stops again');
      await within(Promise.all([worker.transport.close(), worker.transport.close()]), 'it closes');
      await within(worker.transport.close(), 'it closes again');
      await within(worker.consumer.stop(), 'it stops after all');
    },
  },
  {
    name: 'a closed transport refuses everything as closed',
    group,
    async run({ connect, work, message, refused, within }) {
      const worker = await work();
      const transport = await connect();
      await within(transport.close(), 'it closes');
      assert.equal((await refused(transport.send(worker.address, message()), 'closed')).sent, 'no');
      const consuming = transport.consume(worker.address, { actions: ['a'], intake: 1 }, async () => ack);
      await refused(consuming, 'closed');
      await refused(transport.openInbox({ receive: () => undefined, lost: () => undefined }), 'closed');
    },
  },
  {
    name: 'closing one transport leaves the others alone',
    group,
    async run({ connect, work, send, within, eventually }) {
      const [caller, other] = [await connect(), await connect()];
      const worker = await work();
      await within(other.close(), 'it closes');
      const sent = await send(caller, worker.address);
      await eventually(() => worker.times(sent) === 1, 'it arrives');
    },
  },
];
