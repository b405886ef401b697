import { expect, test } from 'vitest';
import { ack, createGate, createReceivingStage, type Gate } from './receiving-stage.js';

test('what is acked is deleted, in batches', async () => {
  const { process, depth, until } = createReceivingStage();
  const { send, consume, parts, close } = process();
  for (let nth = 1; nth <= 30; nth += 1) await send('jobs', { id: `m${nth}` });
  const worker = await consume('jobs', {});
  await until(() => worker.seen.length === 30);
  await until(async () => (await depth('jobs')).inFlight === 0);
  expect(await depth('jobs')).toEqual({ visible: 0, inFlight: 0 });
  expect(parts.counters.get('deletes')).toBe(30);
  expect(parts.counters.get('delete_batches')).toBeLessThan(10);
  await close();
});

test.each([1, 3])('an intake of %i is reached and never passed', async (intake) => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close } = process();
  for (let nth = 1; nth <= 12; nth += 1) await send('jobs', { id: `m${nth}` });
  const gates: Gate[] = [];
  let running = 0;
  let most = 0;
  const worker = await consume('jobs', {
    intake,
    async receive() {
      most = Math.max(most, (running += 1));
      const gate = createGate();
      gates.push(gate);
      await gate.opened;
      running -= 1;
      return ack;
    },
  });
  await until(() => running === intake);
  for (let opened = 0; opened < 12; opened += 1) {
    await clock.advance(1_000);
    await until(() => gates.length > opened);
    gates[opened]?.open();
  }
  await until(() => worker.seen.length === 12 && running === 0);
  expect(most).toBe(intake);
  await close();
});
