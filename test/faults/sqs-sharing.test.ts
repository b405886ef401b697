import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction, defineHandler, RpcError, type Action } from '../../src/index.js';
import { createSqsStage } from './sqs-stage.js';

const named = (name: string) =>
  defineAction({ name, summary: name, request: z.object({ n: z.int() }), response: z.object({ by: z.string() }) });
const [availability, prices, nobodys] = [named('availability'), named('prices'), named('nobodys')];
/** Those of two services do not end in step. */
const polls = { stock: { pollMs: 20_000 }, shop: { pollMs: 7_000 } };

test('two services on one resource each run their own actions, one at a time and in order, and nothing is lost', async () => {
  const stage = createSqsStage();
  const { clock, ended, until, to } = stage;
  const ran: string[] = [];
  let running = 0;
  let most = 0;
  const service = (by: 'stock' | 'shop', action: Action) =>
    stage.worker({
      sqs: polls[by],
      handlers: [
        defineHandler(action, {
          async run(request) {
            const { n } = request as { n: number };
            most = Math.max(most, (running += 1));
            await new Promise<void>((resolve) => void clock.after(200, resolve));
            running -= 1;
            ran.push(`${action.name} ${n}`);
            return { by };
          },
        }),
      ],
    });
  await service('stock', availability);
  const shop = await service('shop', prices);
  const caller = stage.client();
  const order = [availability, availability, prices, availability, prices, prices, availability, prices];
  const calls: Promise<unknown>[] = [];
  for (const [n, action] of order.entries()) calls.push(caller.call(action, { n }, { to, timeoutMs: 600_000 }));
  const answers = await ended(Promise.all(calls), 600_000);
  expect(answers).toEqual(order.map((action) => ({ by: action === prices ? 'shop' : 'stock' })));
  expect(ran).toEqual(order.map((action, n) => `${action.name} ${n}`));
  expect(most).toBe(1);
  expect(shop.transport.health().counters['unknown_actions']).toBeGreaterThan(0);
  await until(async () => (await stage.depth()).inFlight === 0);
  expect(await stage.depth()).toEqual({ visible: 0, inFlight: 0 });
  expect(await stage.setAside()).toEqual([]);
  await stage.close();
});

test('what neither of two services knows holds up its group until its deadline, is set aside, and no longer', async () => {
  const stage = createSqsStage();
  const { ended, to } = stage;
  const answering = (by: 'stock' | 'shop', action: Action) =>
    stage.worker({ sqs: polls[by], handlers: [defineHandler(action, { run: () => ({ by }) })] });
  await answering('stock', availability);
  await answering('shop', prices);
  const caller = stage.client();
  const lost = caller.call(nobodys, { n: 1 }, { to, timeoutMs: 20_000 }).catch((error: unknown) => error);
  const behind = caller.call(prices, { n: 2 }, { to, timeoutMs: 120_000 });
  const elsewhere = caller.call(prices, { n: 3 }, { to, groupKey: 'another', timeoutMs: 10_000 });
  expect(await ended(elsewhere)).toEqual({ by: 'shop' });
  const told = await ended(lost);
  expect(told).toBeInstanceOf(RpcError);
  expect(told).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
  expect(await ended(behind)).toEqual({ by: 'shop' });
  expect(await stage.setAside()).toEqual(['no worker knew the action "nobodys" before its deadline']);
  await stage.close();
});
