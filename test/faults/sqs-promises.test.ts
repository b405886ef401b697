import { expect, test } from 'vitest';
import { defineAction, defineHandler, exclusive, RpcError, type Clock, type Handler } from '../../src/index.js';
import { z } from 'zod';
import { countEffects, type Effect } from '../support/effects.js';
import { createMachine } from './sqs-machine.js';
import { createSqsStage } from './sqs-stage.js';
import { handleWork, work } from './sqs-work.js';

const toInbox = ({ queue = '' }: { readonly queue?: string | undefined }): boolean => queue.includes('-inbox-');

async function played(effects: Effect[] = []) {
  const stage = createSqsStage();
  const machine = createMachine(stage.clock, stage.emulator.requestHandler);
  const worker = await stage.worker({ machine, handlers: [handleWork({ by: 'first', machine, effects })] });
  return { ...stage, ...worker, effects };
}

test('a request whose send was not answered is sent again, and is one message', async () => {
  const { client, clock, emulator, ended, to, close, effects } = await played();
  const lost = emulator.fault({
    action: 'SendMessageBatch',
    queue: 'samovar-jobs.fifo',
    times: 3,
    then: 'reset after',
  });
  await ended(client().send(work, { subject: 's' }, { to }));
  expect(lost.hits).toBe(3);
  await clock.advance(60_000);
  expect(countEffects(effects).get('s')).toEqual({ starts: 1, finishes: 1 });
  await close();
});

test('a send repeated by its key six minutes later is another message, and no other effect', async () => {
  const { client, clock, emulator, ended, to, close, effects, transport, until } = await played();
  const caller = client();
  const lost = emulator.fault({ action: 'SendMessageBatch', then: 'reset after' });
  const options = { to, idempotencyKey: 'k', timeoutMs: 20_000 };
  const unknown = caller.send(work, { subject: 's' }, options);
  await expect(ended(unknown)).rejects.toMatchObject({ code: 'unavailable', outcome: 'unknown' });
  lost.remove();
  await clock.advance(6 * 60_000);
  await ended(caller.send(work, { subject: 's' }, options));
  await until(() => transport.health().counters['deletes'] === 2);
  expect(countEffects(effects).get('s')).toEqual({ starts: 1, finishes: 1 });
  await close();
});

test('a call repeated by its key within five minutes, since its reply was lost, gets the stored answer', async () => {
  const { client, clock, emulator, ended, to, close, effects } = await played();
  const caller = client();
  const lost = emulator.fault({ action: 'SendMessageBatch', when: toInbox, then: 'hang' });
  const options = { to, idempotencyKey: 'k', timeoutMs: 5_000 };
  const first = ended(caller.call(work, { subject: 's' }, options));
  await expect(first).rejects.toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
  lost.remove();
  await clock.advance(60_000);
  expect(await ended(caller.call(work, { subject: 's' }, options))).toMatchObject({ by: 'first' });
  expect(countEffects(effects).get('s')).toEqual({ starts: 1, finishes: 1 });
  await close();
});

test('a reply whose queue was deleted is dropped and counted, and its request is deleted', async () => {
  const { client, api, ended, to, close, effects, until, server, depth } = await played();
  const call = client().call(work, { subject: 's', ms: 10_000 }, { to, timeoutMs: 20_000 });
  const told = call.catch((error: unknown) => (error instanceof RpcError ? error.code : error));
  await until(() => effects.length === 1);
  for (const url of await api.listQueues('samovar-inbox-')) await api.deleteQueue(url);
  await until(() => server.health().inFlight === 0);
  expect(server.health().counters).toMatchObject({ undeliverable_replies: 1 });
  await until(async () => (await depth()).inFlight + (await depth()).visible === 0);
  expect(await ended(told)).toMatch(/unavailable|deadline_exceeded/);
  expect(countEffects(effects).get('s')).toEqual({ starts: 1, finishes: 1 });
  await close();
});

test('a worker that stood still for longer than its leases is fenced off, and the key takes effect once', async () => {
  const stage = createSqsStage();
  const { client, clock, emulator, ended, to, until, close } = stage;
  const writes: string[] = [];
  let largest = 0;
  const refused: string[] = [];
  const pay = defineAction({
    name: 'pay',
    summary: 'Writes to a resource that remembers the largest fence.',
    request: z.object({}),
    response: z.object({ by: z.string() }),
  });
  const paying = (by: string, clockOf: Clock = clock): Handler =>
    defineHandler(pay, {
      locks: () => [exclusive('account')],
      async run(_, { fence }) {
        await new Promise<void>((resolve) => void clockOf.after(5_000, resolve));
        if (fence < largest) refused.push(by);
        else writes.push(by);
        largest = Math.max(largest, fence);
        return { by };
      },
    });
  const machine = createMachine(clock, emulator.requestHandler);
  const frozen = await stage.worker({ machine, handlers: [paying('frozen', machine.clock)] });
  const call = client().call(pay, {}, { to, idempotencyKey: 'k', timeoutMs: 300_000 });
  await until(() => frozen.server.health().running === 1);
  frozen.standStill();
  await stage.worker({ handlers: [paying('other')] });
  expect(await ended(call, 120_000)).toEqual({ by: 'other' });
  machine.resume();
  await clock.advance(30_000);
  expect({ writes, refused }).toEqual({ writes: ['other'], refused: ['frozen'] });
  frozen.kill();
  expect(await ended(client().call(pay, {}, { to, idempotencyKey: 'k', timeoutMs: 120_000 }))).toEqual({ by: 'other' });
  await close();
});
