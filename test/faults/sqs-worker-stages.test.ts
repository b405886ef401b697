import { describe, expect, test } from 'vitest';
import { exclusive, RpcError } from '../../src/index.js';
import { countEffects, type Effect } from '../support/effects.js';
import { kills } from './kills.js';
import { createMachine } from './sqs-machine.js';
import { createSqsStage } from './sqs-stage.js';
import { handleWork, work } from './sqs-work.js';

const visibilityTimeoutMs = 30_000;

describe('a worker of SQS killed at', () => {
  test.for(kills)('$stage, $asked', async ({ stage, asked, expected }) => {
    const { worker, client, clock, emulator, to, until, ended, ...scene } = createSqsStage();
    const subject = `${stage}, ${asked}`;
    const effects: Effect[] = [];
    const machine = createMachine(clock, emulator.requestHandler);
    const parts = {
      effects,
      locks: () => [exclusive('the only one')],
      onCrash: asked === 'park' ? 'park' : 'retry',
    } as const;
    let isArmed = false;
    const isDue = (at: string) => isArmed && at === stage;
    const first = await worker({
      ...{ machine, sqs: { visibilityTimeoutMs } },
      handlers: [handleWork({ ...parts, by: 'first', machine, onStart: () => isDue('started') && first.kill() })],
      hooks: {
        onStage(at) {
          if (!isDue(at) || at === 'started') return;
          if (at !== 'reply-published') {
            first.kill();
            return;
          }
          // SQS has it, and its answer does not come back.
          emulator.fault({
            action: 'SendMessageBatch',
            when: ({ queue }) => queue?.includes('inbox') === true,
            times: 1,
            then: 'hang after',
          });
          clock.after(1_000, first.kill);
        },
        onEnd() {
          // Its delete is with SQS by then.
          if (isDue('acked')) clock.after(5_000, first.kill);
        },
      },
    });
    const caller = client();
    await ended(caller.call(work, { subject: 'first' }, { to }));
    await until(async () => (await scene.depth()).inFlight === 0);
    isArmed = true;
    const key = asked === 'no key' ? {} : { idempotencyKey: subject };
    const call = caller.call(work, { subject }, { to, timeoutMs: 120_000, ...key }).then(({ by }) => by, told);
    if (expected === 'not passed') {
      expect(await ended(call)).toBe('first');
      return scene.close();
    }
    await until(() => machine.isDead);
    const killedMs = clock.monotonicMs();
    const { starts, finishes, answer, again } = expected;
    const { visible, inFlight } = await scene.depth();
    expect(visible + inFlight).toBe(again ? 1 : 0);
    let ends = 0;
    const second = await worker({
      handlers: [handleWork({ ...parts, by: 'second', machine: createMachine(clock, emulator.requestHandler) })],
      hooks: { onEnd: () => (ends += 1) },
    });
    expect(await ended(call)).toBe(answer === 'crashed' ? 'crashed, unknown' : answer);
    // Once SQS hands it out again, not at the call's timeout.
    expect(clock.monotonicMs() - killedMs).toBeLessThan(visibilityTimeoutMs + 5_000);
    await until(() => ends === (again ? 1 : 0) && second.server.health().inFlight === 0);
    expect(countEffects(effects).get(subject) ?? { starts: 0, finishes: 0 }).toEqual({ starts, finishes });
    await until(async () => (await scene.depth()).inFlight === 0);
    expect(await scene.setAside()).toEqual(answer === 'crashed' ? ['crashed'] : []);
    expect(caller.health().pending).toBe(0);
    await scene.close();
  });
});

function told(error: unknown): string {
  return error instanceof RpcError ? `${error.code}, ${error.outcome}` : String(error);
}
