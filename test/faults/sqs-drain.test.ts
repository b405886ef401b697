import { expect, test, vi } from 'vitest';
import { countEffects, type Effect } from '../support/effects.js';
import { createMachine } from './sqs-machine.js';
import { createSqsStage, type SqsStage, type SqsWorker, type SqsWorkerOptions } from './sqs-stage.js';
import { handleWork, work, type WorkParts } from './sqs-work.js';

// Virtual time takes processor time, of which a busy machine has little.
vi.setConfig({ testTimeout: 180_000 });

const pollMs = 20_000;

/** A worker whose handlers leave traces in `effects`. */
async function start(
  stage: SqsStage,
  effects: Effect[],
  { by = 'first', ...options }: Partial<SqsWorkerOptions & WorkParts> = {},
): Promise<SqsWorker> {
  const machine = createMachine(stage.clock, stage.emulator.requestHandler);
  const handlers = [handleWork({ by, machine, effects })];
  return stage.worker({ machine, handlers, sqs: { pollMs }, ...options });
}

/** As a worker process ends. */
async function end({ server, transport }: SqsWorker): Promise<readonly string[]> {
  const { unfinished } = await server.stop();
  await transport.close();
  return unfinished;
}

test('a worker that stops in mid poll ends within the poll and 5 s, and what came meanwhile is visible at once', async () => {
  const stage = createSqsStage();
  const { clock, ended, client, to } = stage;
  const worker = await start(stage, []);
  await clock.advance(3_000);
  const startedMs = clock.monotonicMs();
  const stopping = end(worker);
  await ended(client().send(work, { subject: 'late' }, { to }));
  expect(await ended(stopping)).toEqual([]);
  expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(pollMs + 5_000);
  expect(await stage.depth()).toEqual({ visible: 1, inFlight: 0 });
  await stage.close();
});

test('a worker stopped with 20 running and 200 held lets those end, and the others run elsewhere, none twice', async () => {
  const stage = createSqsStage();
  const { clock, ended, until, client, to } = stage;
  const effects: Effect[] = [];
  const first = await start(stage, effects, { concurrency: 20 });
  const caller = client();
  const calls = Array.from({ length: 220 }, (_, n) =>
    caller.call(work, { subject: `s${n}`, ms: 10_000 }, { to, groupKey: `g${n}`, timeoutMs: 600_000 }),
  );
  await until(() => first.server.health().inFlight === 220);
  expect(first.server.health().running).toBe(20);
  const stopping = end(first);
  await clock.advance(1_000);
  expect((await stage.depth()).visible).toBe(200);
  await start(stage, effects, { by: 'second', concurrency: 200 });
  expect(await ended(stopping)).toEqual([]);
  const answers = await ended(Promise.all(calls), 600_000);
  expect(answers.filter(({ by }) => by === 'first')).toHaveLength(20);
  expect([...countEffects(effects).values()]).toEqual(Array(220).fill({ starts: 1, finishes: 1 }));
  await stage.close();
});

test('workers replaced fifty times under load start nothing twice, and every call is answered', async () => {
  const stage = createSqsStage();
  const { clock, ended, client, to } = stage;
  const effects: Effect[] = [];
  const caller = client();
  let worker = await start(stage, effects, { by: '0' });
  const calls: Promise<unknown>[] = [];
  for (let nth = 1; nth <= 50; nth += 1) {
    for (let n = 0; n < 8; n += 1) {
      const subject = `${nth}-${n}`;
      calls.push(caller.call(work, { subject, ms: n * 100 }, { to, groupKey: `g${n % 4}`, timeoutMs: 600_000 }));
    }
    await clock.advance(nth * 17);
    const next = await start(stage, effects, { by: String(nth) });
    const stopping = end(worker);
    await clock.advance(500);
    expect(await ended(stopping)).toEqual([]);
    worker = next;
  }
  await ended(Promise.all(calls), 600_000);
  expect([...countEffects(effects).values()]).toEqual(Array(400).fill({ starts: 1, finishes: 1 }));
  await stage.close();
});

test('a run that is longer than the drain is told to stop, named, and runs elsewhere at once', async () => {
  const stage = createSqsStage();
  const { clock, ended, until, client, to } = stage;
  const effects: Effect[] = [];
  const first = await start(stage, effects, { drainMs: 5_000 });
  const call = client().call(work, { subject: 'long', ms: 30_000 }, { to, timeoutMs: 120_000 });
  await until(() => first.server.health().running === 1);
  const startedMs = clock.monotonicMs();
  expect((await ended(first.server.stop())).unfinished).toHaveLength(1);
  expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(7_000);
  await ended(first.transport.close());
  expect(await stage.depth()).toEqual({ visible: 1, inFlight: 0 });
  await start(stage, effects, { by: 'second' });
  expect(await ended(call)).toMatchObject({ by: 'second', redelivered: true });
  await stage.close();
});

test('a worker that stops twice stops once', async () => {
  const stage = createSqsStage();
  const { ended } = stage;
  const { server, transport } = await start(stage, []);
  const reports = await ended(Promise.all([server.stop(), server.stop()]));
  expect(reports[0]).toBe(reports[1]);
  await ended(Promise.all([transport.close(), transport.close(), server.stop()]));
  expect(transport.status).toBe('closed');
  await stage.close();
});

test('a worker that stops while SQS is away ends within its drain, and what it held runs elsewhere later', async () => {
  const stage = createSqsStage();
  const { clock, emulator, ended, until, client, to } = stage;
  const effects: Effect[] = [];
  const first = await start(stage, effects, { drainMs: 10_000 });
  const call = client().call(work, { subject: 's', ms: 2_000 }, { to, timeoutMs: 300_000, idempotencyKey: 'k' });
  await until(() => first.server.health().running === 1);
  const outage = emulator.fault({ then: 'reset before' });
  const startedMs = clock.monotonicMs();
  await ended(end(first), 120_000);
  // The drain, and what a poll and a call may take.
  expect(clock.monotonicMs() - startedMs).toBeLessThanOrEqual(10_000 + pollMs + 10_000 + 5_000);
  outage.remove();
  await start(stage, effects, { by: 'second' });
  // It was done and recorded; only its answer could not leave.
  expect(await ended(call, 120_000)).toMatchObject({ by: 'first' });
  expect(countEffects(effects).get('s')).toEqual({ starts: 1, finishes: 1 });
  await stage.close();
});
