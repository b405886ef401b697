import { expect, test } from 'vitest';
import { RpcError } from '../../src/index.js';
import { createSeededRandom, type SqsFaultEffect } from '../../src/testing/index.js';
import type { Effect } from '../support/effects.js';
import { check, type Attempt } from './checker.js';
import { createMachine } from './sqs-machine.js';
import { createSqsStage, type SqsWorker } from './sqs-stage.js';
import { handleWork, work } from './sqs-work.js';

const isFull = process.env['SAMOVAR_TEST_FULL'] === 'true';
const seeds = isFull ? 200 : 8;
const groups = 3;
const perGroup = 6;
const failures: readonly SqsFaultEffect[] = [
  ...(['throttled', 'error 500', 'partial failure', 'expired credentials'] as const),
  // These lose requests or responses.
  ...(['reset before', 'reset after', 'hang', 'hang after', 'truncated body', 'wrong md5'] as const),
];

/**
 * Callers that ask until they are told that it is done, and workers that fail, die and stand still for as long as their
 * leases allow, on an SQS that fails by chance.
 */
async function play(seed: number) {
  const random = createSeededRandom(seed);
  const stage = createSqsStage();
  const { clock, emulator, ended, to, until } = stage;
  const effects: Effect[] = [];
  const workers: SqsWorker[] = [];
  const ofProcess = { requestTimeoutMs: 5_000, pollMs: 5_000 };
  let crashes = 0;

  async function start(): Promise<void> {
    const machine = createMachine(clock, emulator.requestHandler);
    const handler = handleWork({
      ...{ by: String(workers.length), machine, effects },
      idempotencyKey: ({ subject }) => subject,
      retry: { attempts: 20 },
      onStart() {
        if (random.unit() < 0.15) throw new Error('it fails, before it has an effect');
      },
    });
    workers.push(await stage.worker({ machine, handlers: [handler], sqs: ofProcess, maxStarts: 50 }));
  }

  const callers = Array.from({ length: groups }, () => stage.client({ sqs: ofProcess }));
  const attempts: Attempt[] = [];

  async function ask(group: number): Promise<void> {
    const caller = callers[group];
    for (let n = 0; n < perGroup; n += 1) {
      const subject = `${group}-${n}`;
      const calledAt = clock.now();
      const ms = random.unit() < 0.2 ? random.below(20_000) : random.below(300);
      const options = { to, groupKey: `group-${group}`, idempotencyKey: `${subject}-key` };
      for (let isDone = false; !isDone;) {
        const asked =
          n % 2 === 0
            ? caller?.call(work, { subject, ms }, { ...options, timeoutMs: 60_000 })
            : caller?.send(work, { subject, ms }, options);
        isDone = await Promise.resolve(asked).then(
          () => true,
          (error: unknown) => {
            // A mistake of the test would be repeated for ever.
            if (!(error instanceof RpcError)) throw error;
            return false;
          },
        );
      }
      attempts.push({
        ...{ subject, calledAt, settledAt: clock.now(), told: { kind: 'value' } },
        ...{ key: subject, group: options.groupKey },
      });
    }
  }

  await start();
  await start();
  const faults = failures.map((then) => emulator.fault({ rate: 0.025, then }));
  const asking = Promise.all(Array.from({ length: groups }, (_, group) => ask(group)));
  for (let turn = 0; turn < 15; turn += 1) {
    await clock.advance(random.below(15_000));
    const worker = random.pick(workers);
    const { machine } = worker;
    if (!machine.isRunning) continue;
    if (random.unit() < 0.4) {
      worker.kill();
      crashes += 1;
      await start();
    } else if (random.unit() < 0.5) {
      machine.pause();
      clock.after(random.below(8_000), () => machine.resume());
    }
  }
  for (const fault of faults) fault.remove();
  await ended(asking, 7_200_000);
  await until(async () => {
    const { visible, inFlight } = await stage.depth();
    return visible + inFlight === 0;
  }, 3_600_000);
  const history = {
    ...{ attempts, effects, quarantined: await stage.setAside(), incidents: [] },
    leftovers: {
      pending: callers.reduce((sum, caller) => sum + caller.health().pending, 0),
      inFlight: workers.reduce((sum, { machine, server }) => sum + (machine.isDead ? 0 : server.health().inFlight), 0),
    },
  };
  await stage.close();
  return { ...check(history), crashes, hits: faults.reduce((sum, { hits }) => sum + hits, 0) };
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
  'with failures, crashes and lost responses by chance, first starts in a group are in send order, and what has a key takes effect once (seed %i)',
  async (seed) => {
    const { violations, accepted, hits, crashes } = await play(seed);
    expect(violations).toEqual([]);
    expect(accepted).toBe(groups * perGroup);
    expect(hits + crashes).toBeGreaterThan(5);
  },
);
