import { declaredErrorOf } from 'samovar';
import { dxOrderCoffeePot, handleDxOrderCoffeePot } from 'samovar/handlers';
import { expect, it } from 'vitest';
import { openKitchen } from './kitchen.js';

const to = 'node-1';
const started = 'dx_order_coffee_pot started';
const startsIn = (stages: readonly string[]) => stages.filter((stage) => stage === started).length;

it('brews a pot in the time it takes', async () => {
  const { client, clock } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock })]);
  const call = client.call(dxOrderCoffeePot, { machine: 'm1', orderId: 'o1', brewMs: 300 }, { to });
  await clock.advance(300);
  const pot = await call;
  expect(pot).toMatchObject({ orderId: 'o1', pot: 1, leftGrams: 190 });
  expect(Date.parse(pot.readyAt) - Date.parse(pot.startedAt)).toBe(300);
});

it('brews one pot at a time on a machine, and several machines at once', async () => {
  const { client, clock, stages } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock })]);
  const order = (machine: string, orderId: string) =>
    client.call(dxOrderCoffeePot, { machine, orderId, brewMs: 300 }, { to });
  const calls = [order('m1', 'o1'), order('m1', 'o2'), order('m2', 'o3')];
  await clock.advance(0);
  expect(startsIn(stages)).toBe(2);
  await clock.advance(600);
  const [first, second, other] = await Promise.all(calls);
  expect(second?.startedAt).toBe(first?.readyAt);
  expect(other?.startedAt).toBe(first?.startedAt);
});

it('brews an order once, however often it is sent', async () => {
  const { client, clock, stages } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock })]);
  const order = () => client.call(dxOrderCoffeePot, { machine: 'm1', orderId: 'o1' }, { to });
  const both = Promise.all([order(), order()]);
  await clock.advance(200);
  const [pot, same] = await both;
  expect(same).toEqual(pot);
  expect(await order()).toEqual(pot);
  expect(startsIn(stages)).toBe(1);
});

it('does not take another order for the same one', async () => {
  const { client, clock } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock })]);
  const order = (machine: string) => client.call(dxOrderCoffeePot, { machine, orderId: 'o1', brewMs: 0 }, { to });
  const call = order('m1');
  await clock.advance(0);
  await call;
  await expect(order('m2')).rejects.toMatchObject({ code: 'key_mismatch', outcome: 'not_executed' });
});

it('says how many beans are left when they do not suffice', async () => {
  const { client } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock, hopperGrams: 50 })]);
  const call = client.call(dxOrderCoffeePot, { machine: 'm1', orderId: 'o1' }, { to });
  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(declaredErrorOf(dxOrderCoffeePot, error)).toEqual({ name: 'out_of_beans', data: { leftGrams: 50 } });
});

it('names the machines there are when it is asked for another one', async () => {
  const { client } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock, machines: ['big'] })]);
  const call = client.call(dxOrderCoffeePot, { machine: 'm1', orderId: 'o1' }, { to });
  await expect(call).rejects.toMatchObject({ declared: { name: 'no_such_machine', data: { machines: ['big'] } } });
});

it('spends no beans on an order that is given up', async () => {
  const { client, clock } = await openKitchen((clock) => [handleDxOrderCoffeePot({ clock })]);
  const change = new AbortController();
  const order = (orderId: string, signal?: AbortSignal) =>
    client.call(dxOrderCoffeePot, { machine: 'm1', orderId }, { to, ...(signal && { signal }) });
  const givenUp = order('o1', change.signal);
  const next = order('o2');
  await clock.advance(100);
  change.abort();
  await expect(givenUp).rejects.toMatchObject({ code: 'cancelled', outcome: 'unknown' });
  await clock.advance(200);
  expect(await next).toMatchObject({ orderId: 'o2', pot: 1, leftGrams: 190 });
});
