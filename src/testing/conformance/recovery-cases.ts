import assert from 'node:assert/strict';
import { TransportError } from '../../core/transport.js';
import { ack } from './context.js';
import type { ConformanceCase } from './case.js';
import { holdingWorker } from './holding-worker.js';

const group = 'life cycle';

/** What becomes of deliveries and sends when a connection or the broker ends. */
export const recoveryCases: readonly ConformanceCase[] = [
  {
    name: 'after a cut everything goes on by itself',
    group,
    needs: ['cut'],
    async run(context) {
      const { harness, connect, work, message, insist, eventually } = context;
      const caller = await connect();
      const worker = await work();
      for (let round = 1; round <= 2; round += 1) {
        await harness.cut?.();
        const sent = message();
        await insist(caller, worker.address, sent);
        await eventually(() => worker.times(sent) > 0, 'the consumer is back');
      }
      await eventually(() => caller.status === 'ready' && worker.transport.status === 'ready', 'both are ready');
      assert.ok(worker.transport.health().reconnects >= 1, 'expected the reconnects to be counted');
    },
  },
  ...[false, true].map((countsAttempts): ConformanceCase => ({
    name: `a delivery that is lost with its connection comes back ${countsAttempts ? 'as another' : 'as the same'} attempt`,
    group,
    trait: { name: 'countsAttempts', is: countsAttempts },
    needs: ['cut'],
    async run(context) {
      const { harness, connect, send, eventually } = context;
      const caller = await connect();
      const { worker, gates } = await holdingWorker(context);
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 1, 'it arrives');
      await harness.cut?.();
      await eventually(() => worker.seen.length === 2, 'it comes back');
      const [, again] = worker.seen;
      assert.deepEqual([again?.redelivered, again?.attempt], [true, countsAttempts ? 2 : 1]);
      gates[1]?.open(ack);
    },
  })),
  {
    name: 'settling a delivery of the connection before a cut changes nothing',
    group,
    needs: ['cut'],
    async run(context) {
      const { harness, connect, work, send, eventually, marker } = context;
      const caller = await connect();
      const { worker, gates } = await holdingWorker(context);
      const bystander = await work({ transport: worker.transport });
      const sent = await send(caller, worker.address);
      await eventually(() => worker.times(sent) === 1, 'it arrives');
      await harness.cut?.();
      await eventually(() => worker.times(sent) === 2, 'it comes back');
      gates[0]?.open(ack);
      await eventually(() => caller.status === 'ready', 'the caller is back');
      await marker(caller, bystander);
      await harness.cut?.();
      await eventually(() => worker.times(sent) === 3, 'it comes back again');
      gates[2]?.open(ack);
    },
  },
  {
    name: 'a send around a cut tells the truth',
    group,
    needs: ['cut'],
    async run(context) {
      const { harness, connect, work, message, insist, within, eventually } = context;
      const caller = await connect();
      const worker = await work({ intake: 100 });
      const sent = Array.from({ length: 60 }, () => message());
      const before = sent.slice(0, 30).map((each) => caller.send(worker.address, each));
      const cutting = harness.cut?.();
      const after = sent.slice(30).map((each) => caller.send(worker.address, each));
      const results = await within(Promise.allSettled([...before, ...after]), 'all sends end');
      await cutting;
      const marker = message();
      await insist(caller, worker.address, marker);
      const delivered = sent.filter((_, index) => results[index]?.status === 'fulfilled');
      await eventually(() => worker.times(marker) > 0, 'a marker arrives');
      await eventually(() => delivered.every((each) => worker.times(each) > 0), 'what resolved arrives');
      for (const [index, result] of results.entries()) {
        if (result.status === 'fulfilled') continue;
        const error: unknown = result.reason;
        assert.ok(error instanceof TransportError, `expected a TransportError, got ${String(error)}`);
        const times = sent[index] ? worker.times(sent[index]) : 0;
        if (error.sent === 'no') assert.equal(times, 0, 'expected what was certainly not sent not to arrive');
      }
    },
  },
  ...[true, false].map((survives): ConformanceCase => ({
    name: `a persistent message that waits ${survives ? 'outlives' : 'is lost with'} the broker's process`,
    group,
    trait: { name: 'survivesBrokerCrash', is: survives },
    needs: ['crashBroker'],
    async run(context) {
      const { harness, connect, work, message, send, insist, within, eventually } = context;
      const caller = await connect();
      const first = await work();
      await within(first.consumer.stop(), 'it stops');
      const kept = await send(caller, first.address, message({ persistent: true }));
      await harness.crashBroker?.();
      const second = await work({ address: first.address });
      const marker = message();
      await insist(caller, first.address, marker);
      await eventually(() => second.times(marker) > 0, 'a marker arrives');
      assert.equal(second.times(kept), survives ? 1 : 0);
    },
  })),
];
