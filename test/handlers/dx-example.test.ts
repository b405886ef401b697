import { dxExample, handleDxExample } from 'samovar/handlers';
import { createMemoryBroker } from 'samovar/memory';
import { startServer } from 'samovar';
import { expect, it } from 'vitest';
import { createSeededRandom } from '../../src/testing/seeded-random.js';
import { openKitchen } from './kitchen.js';

const to = 'node-1';

it('finds onions never tolerable', async () => {
  const { client } = await openKitchen(() => [
    handleDxExample({ random: { ...createSeededRandom(1), unit: () => 0 } }),
  ]);
  await expect(client.call(dxExample, { favourite_food: 'onion', chance_percentage: 100 }, { to })).resolves.toEqual({
    tolerable: false,
  });
});

it('lets other food pass with the chance that is asked for, by default 20 per cent', async () => {
  let unit = 0;
  const { client } = await openKitchen(() => [
    handleDxExample({ random: { ...createSeededRandom(1), unit: () => unit } }),
  ]);
  const tolerable = async (chance?: number) =>
    (await client.call(dxExample, { favourite_food: 'banana', chance_percentage: chance }, { to })).tolerable;
  unit = 0.19;
  expect(await tolerable()).toBe(true);
  unit = 0.2;
  expect(await tolerable()).toBe(false);
  unit = 0.99;
  expect(await tolerable(100)).toBe(true);
});

it('refuses food it does not know, and chances that are no positive integer', async () => {
  const { client } = await openKitchen(() => [handleDxExample()]);
  const wrong = [{ favourite_food: 'durian' }, { favourite_food: 'orange', chance_percentage: 0 }];
  for (const request of wrong) {
    // @ts-expect-error -- a caller in another language has no compiler that refuses it
    const call = client.call(dxExample, request, { to });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request', outcome: 'not_executed' });
  }
});

it('answers in the words that existing callers read', async () => {
  const broker = createMemoryBroker();
  const [worker, caller] = [broker.connect(), broker.connect()];
  await using _server = await startServer({ transport: worker, address: to, handlers: [handleDxExample()] });
  const body = await new Promise<string>((resolve, reject) => {
    caller
      .openInbox({ receive: (message) => resolve(message.body), lost: () => undefined })
      .then(({ address }) => {
        const request = { action: 'dx_example', body: '{"favourite_food":"onion"}', headers: {} };
        return caller.send(to, { ...request, id: 'r1', replyTo: address, correlationId: 'c1' });
      })
      .catch(reject);
  });
  expect(JSON.parse(body)).toEqual({ success: true, message: 'Determined toleration', data: { tolerable: false } });
  await caller.close();
});
