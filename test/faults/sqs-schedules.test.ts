import { expect, test } from 'vitest';
import type { Disposition } from '../../src/core/transport.js';
import { createSeededRandom, type SeededRandom, type SqsFaultEffect } from '../../src/testing/index.js';
import { createReceivingStage, type StageProcess } from '../transports/sqs/receiving-stage.js';
import { createMachine, type Machine } from './sqs-machine.js';

const seeds = process.env['SAMOVAR_TEST_FULL'] === 'true' ? 200 : 6;
const groups = 3;
const perGroup = 8;
const effects: readonly SqsFaultEffect[] = [
  'throttled',
  'error 500',
  'reset before',
  'reset after',
  'hang after',
  'partial failure',
  'truncated body',
  'wrong md5',
];
const actions = ['ReceiveMessage', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch'];

interface Run {
  readonly machine: Machine;
  readonly signal: AbortSignal | undefined;
}

/** What a handler does, by chance; it takes up to a minute, which is twice the visibility timeout. */
function dispositionOf(random: SeededRandom): Disposition {
  const chance = random.unit();
  if (chance < 0.1) return { kind: 'return' };
  if (chance < 0.25) return { kind: 'retry', afterMs: random.below(10_000) };
  return { kind: 'ack' };
}

/** Workers that come, die and stand still on an SQS that fails by chance, until everything is done with. */
async function play(seed: number): Promise<{ starts: string[]; sent: string[]; overlaps: number }> {
  const random = createSeededRandom(seed);
  const stage = createReceivingStage({ random: createSeededRandom(seed + 1) });
  const { clock, emulator } = stage;
  const starts: string[] = [];
  const running = new Map<string, Run>();
  const workers: { machine: Machine; half: StageProcess }[] = [];
  let overlaps = 0;

  async function work(): Promise<void> {
    const machine = createMachine(clock, emulator.requestHandler);
    const half = stage.process({ ...machine, requestTimeoutMs: 5_000, pollMs: 5_000, random });
    workers.push({ machine, half });
    await half.consume('jobs', {
      intake: 1 + random.below(30),
      async receive({ message: { id, groupKey = '' }, signal }) {
        const other = running.get(groupKey);
        if (other?.machine.isRunning === true && other.signal?.aborted !== true) overlaps += 1;
        starts.push(id);
        const run = { machine, signal };
        running.set(groupKey, run);
        const ms = random.unit() < 0.2 ? random.below(60_000) : random.below(300);
        await new Promise<void>((resolve) => void machine.clock.after(ms, resolve));
        if (running.get(groupKey) === run) running.delete(groupKey);
        return dispositionOf(random);
      },
    });
  }

  const sender = stage.process();
  const sent = Array.from({ length: groups * perGroup }, (_, index) => `${index % groups}-${index}`);
  for (const id of sent) await sender.send('jobs', { id, groupKey: `group-${id.charAt(0)}` });
  await work();
  await work();
  const faults = effects.map((then) => emulator.fault({ action: actions, rate: 0.04, then }));
  for (let turn = 0; turn < 12; turn += 1) {
    await clock.advance(random.below(20_000));
    const { machine } = random.pick(workers);
    if (machine.isDead) continue;
    if (random.unit() < 0.3) {
      machine.kill();
      await work();
    } else if (random.unit() < 0.5) {
      machine.pause();
      clock.after(random.below(60_000), () => machine.resume());
    }
  }
  for (const fault of faults) fault.remove();
  await clock.advance(61_000);
  await stage.until(async () => {
    const { visible, inFlight } = await stage.depth('jobs');
    return visible + inFlight === 0;
  }, 3_600_000);
  for (const { machine, half } of workers) if (!machine.isDead) await half.close();
  return { starts, sent, overlaps };
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
  'with crashes, standstills and failing calls by chance, first starts in a group are in send order, one at a time (seed %i)',
  async (seed) => {
    const { starts, sent, overlaps } = await play(seed);
    const firsts = [...new Set(starts)];
    for (let group = 0; group < groups; group += 1) {
      const ofGroup = (ids: readonly string[]): string[] => ids.filter((id) => id.startsWith(`${group}-`));
      expect(ofGroup(firsts)).toEqual(ofGroup(sent));
    }
    expect(overlaps).toBe(0);
  },
);
