import { SQS } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import type { Random } from '../../../src/core/random.js';
import {
  createManualClock,
  createSeededRandom,
  createSqsEmulator,
  type ManualClock,
  type SqsEmulator,
  type SqsEmulatorOptions,
} from '../../../src/testing/index.js';

// The SDK's default chain looks there first; the emulator takes any.
process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIDTEST';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret';

// Its first request in a process reads profiles and loads modules. No virtual time waits for that.
const { requestHandler } = createSqsEmulator();
await new SQS({ region: 'eu-central-1', endpoint: 'http://sqs.test', requestHandler }).listQueues({});

/** An SQS in virtual time, without a socket. */
export interface VirtualSqs {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly emulator: SqsEmulator;
  /** Lets time pass until it is so; a minute at most, if not said otherwise. */
  readonly until: (check: () => boolean | Promise<boolean>, ms?: number) => Promise<void>;
  /** Lets time pass until that is settled. */
  readonly ended: <T>(work: Promise<T>, ms?: number) => Promise<T>;
}

export function createVirtualSqs(seed: number, options: SqsEmulatorOptions): VirtualSqs {
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const emulator = createSqsEmulator({ clock, random, ...options });

  async function until(check: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
    const endMs = clock.monotonicMs() + ms;
    await clock.advance(0);
    while (!(await check())) {
      if (clock.monotonicMs() >= endMs) expect.fail(`expected it within ${ms} ms of virtual time`);
      await clock.advance(100);
    }
  }

  async function ended<T>(work: Promise<T>, ms?: number): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    work.then(settle, settle);
    await until(() => isSettled, ms);
    return work;
  }

  return { clock, random, emulator, until, ended };
}
