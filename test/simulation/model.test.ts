import { expect, it } from 'vitest';
import { check } from './check.js';
import { planOf, runModel } from './model.js';

const runs = process.env['SAMOVAR_TEST_FULL'] === 'true' ? 10_000 : 700;

it('the core keeps every invariant under random plans over AMQP', { timeout: 600_000 }, async () => {
  const { story } = await check({ profile: 'amqp', from: 1, runs });
  expect(story).toBe('');
});

it('the core keeps every invariant under random plans over SQS', { timeout: 600_000 }, async () => {
  const { story } = await check({ profile: 'sqs', from: 1, runs });
  expect(story).toBe('');
});

it('the same seed gives the same trace, on every machine and run', async () => {
  const hashes = [];
  for (const profile of ['amqp', 'sqs'] as const) {
    for (let time = 0; time < 2; time += 1) hashes.push((await runModel({ seed: 42, profile })).traceHash);
  }
  // A change of what the runtime does, or when, changes these too: then the new ones are right.
  const [amqp, sqs] = ['a1b5bbaa390a3c84', '771f35b00c3898a6'];
  expect(hashes).toEqual([amqp, amqp, sqs, sqs]);
});

it('what went wrong by chance, given as a script, makes the same run', async () => {
  const first = await runModel({ seed: 7, profile: 'amqp' });
  const again = await runModel({ seed: 7, profile: 'amqp', plan: planOf(7, 'amqp', first) });
  expect(first.faults.length).toBeGreaterThan(0);
  expect(again.traceHash).toBe(first.traceHash);
});
