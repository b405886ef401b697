import { afterAll, describe, test } from 'vitest';
import { transportConformance } from '../../src/testing/index.js';
import { createAmqpHarness } from './amqp-harness.js';

const harness = await createAmqpHarness();
afterAll(() => harness.destroy());

describe('the AMQP transport', () => {
  const skip = {
    'an inbox tells when replies are lost with the broker, and works on':
      'a durable inbox outlives the broker: persistent replies in it are still there, so none may be given up',
  };
  for (const { name, run } of transportConformance(harness, { skip })) test(name, run);
});
