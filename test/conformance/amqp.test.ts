import { afterAll, describe, test } from 'vitest';
import { transportConformance } from '../../src/testing/index.js';
import { createAmqpHarness } from './amqp-harness.js';

const harness = await createAmqpHarness();
afterAll(() => harness.destroy());

describe('the AMQP transport', () => {
  for (const { name, run } of transportConformance(harness)) test(name, run);
});
