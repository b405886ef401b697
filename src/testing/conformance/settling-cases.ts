import assert from 'node:assert/strict';
import { ack } from './context.js';
import type { ConformanceCase } from './case.js';

const group = 'settling';

export const settlingCases: readonly ConformanceCase[] = [
  {
    name: 'what is returned comes back at once, for anybody',
    group,
    async run({ connect, work, send, eventually, marker, within }) {
      const caller = await connect();
      const first = await work({ intake: 1, receive: async () => ({ kind: 'return' }) });
      const second = await work({ address: first.address });
      for (let count = 0; count < 6; count += 1) await send(caller, first.address);
      await eventually(() => first.seen.length > 0, 'one is returned');
      await within(first.consumer.stop(), 'it stops');
      await eventually(() => second.seen.length >= 6, 'all arrive where they are taken');
      await marker(caller, second);
      assert.equal(new Set(second.ids()).size, 7);
      assert.equal(second.seen.length, 7);
    },
  },
  ...[false, true].map((countsAttempts): ConformanceCase => ({
    name: countsAttempts ? 'a return is counted as an attempt' : 'a return is not counted as an attempt',
    group,
    trait: { name: 'countsAttempts', is: countsAttempts },
    async run({ connect, work, send, eventually }) {
      const caller = await connect();
      const worker = await work({ receive: async (_, nth) => (nth === 1 ? { kind: 'return' } : ack) });
      await send(caller, worker.address);
      await eventually(() => worker.seen.length === 2, 'it comes back');
      const attempts = worker.seen.map((delivery) => [delivery.attempt, delivery.redelivered]);
      assert.deepEqual(attempts, [
        [1, false],
        [countsAttempts ? 2 : 1, true],
      ]);
    },
  })),
  {
    name: 'what is quarantined is set aside with its reason and never comes back',
    group,
    needs: ['deadLetters'],
    async run({ harness, connect, work, message, send, eventually, marker, within }) {
      const caller = await connect();
      const reason = 'its body made no sense: "ü"';
      const worker = await work({ receive: async (_, nth) => (nth === 1 ? { kind: 'quarantine', reason } : ack) });
      const fields = { body: '{"a":1}', headers: { 'x-kept': 'yes' }, correlationId: 'c' };
      const sent = await send(caller, worker.address, message(fields));
      await eventually(async () => (await harness.deadLetters?.(worker.address))?.length === 1, 'it is set aside');
      const [dead] = (await harness.deadLetters?.(worker.address)) ?? [];
      assert.equal(dead?.reason, reason);
      const { id, action, body, correlationId, headers } = dead.message;
      assert.deepEqual([id, action, body, correlationId], [sent.id, sent.action, sent.body, 'c']);
      assert.equal(headers['x-kept'], 'yes');
      await marker(caller, worker);
      await within(worker.transport.close(), 'it closes');
      const later = await work({ address: worker.address });
      await marker(caller, later);
      assert.deepEqual([worker.times(sent), later.times(sent)], [1, 0]);
    },
  },
];
