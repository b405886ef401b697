import { expect, test } from 'vitest';
import { createReceivingStage } from './receiving-stage.js';

test('a request for an action of somebody else is left to them, and counts as no attempt', async () => {
  const { process, until } = createReceivingStage();
  const [one, other] = [process(), process()];
  await one.send('products', { id: 'm1', action: 'availability', groupKey: 'a' });
  await one.send('products', { id: 'm2', action: 'work', groupKey: 'a' });
  const first = await one.consume('products', { actions: ['work'] });
  await until(() => one.parts.counters.get('unknown_actions') === 2);
  expect(first.seen).toHaveLength(0);
  const second = await other.consume('products', { actions: ['availability'] });
  await until(() => first.seen.length + second.seen.length === 2, 120_000);
  expect([second.ids(), first.ids()]).toEqual([['m1'], ['m2']]);
  expect(second.seen.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([[1, true]]);
  await one.close();
  await other.close();
});

test('a request that nobody knows goes to the dead letters 15 min after it was sent, and its group goes on', async () => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close, parts } = process();
  await send('products', { id: 'm1', action: 'nobodys', groupKey: 'a' });
  await send('products', { id: 'm2', groupKey: 'a' });
  const worker = await consume('products', {});
  await clock.advance(15 * 60_000 - 1_000);
  expect(worker.seen).toHaveLength(0);
  await until(() => worker.seen.length === 1);
  const url = (await parts.queues.deadLetters('products')) ?? '';
  const [dead] = await parts.api.receive(url, { max: 10, waitMs: 0, visibilityMs: 1_000 });
  expect(dead?.attributes['samovar-reason']).toBe('no worker knew the action "nobodys" within 15 min');
  // Every 1 to 5 s: neither a busy loop nor anywhere near what SQS counts to before it moves a message by itself.
  expect(parts.counters.get('unknown_actions')).toBeGreaterThan(180);
  expect(parts.counters.get('unknown_actions')).toBeLessThan(600);
  await close();
});

test('a request that nobody knows goes to the dead letters at its deadline, where it has one', async () => {
  const { process, until, clock } = createReceivingStage();
  const { send, consume, close, parts } = process();
  await send('products', { id: 'm1', action: 'nobodys', groupKey: 'a', expiresAt: clock.now() + 10_000 });
  await send('products', { id: 'm2', groupKey: 'a' });
  const worker = await consume('products', {});
  await until(() => worker.seen.length === 1);
  const url = (await parts.queues.deadLetters('products')) ?? '';
  const [dead] = await parts.api.receive(url, { max: 10, waitMs: 0, visibilityMs: 1_000 });
  expect(dead?.attributes['samovar-reason']).toBe('no worker knew the action "nobodys" before its deadline');
  await close();
});

test("with unknownActions 'answer' it is received, to be refused", async () => {
  const { process, until } = createReceivingStage();
  const { send, consume, close } = process({ unknownActions: 'answer' });
  await send('products', { id: 'm1', action: 'nobodys' });
  const worker = await consume('products', {});
  await until(() => worker.seen.length === 1);
  await close();
});
