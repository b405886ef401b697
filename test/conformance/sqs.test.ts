import { afterAll, describe, test } from 'vitest';
import { transportConformance } from '../../src/testing/index.js';
import { startSqs } from '../support/sqs.js';
import { createFauxqsHarness, createRealTimeHarness, createSqsHarness } from './sqs-harness.js';

const notOfAConnection = 'a delivery belongs to its receipt, not to a connection: a cut takes none away';

const skip = {
  'an expired message is not delivered': 'SQS has no expiration of a message: the worker judges it, and tolerates skew',
  'a send of an action that nobody answers there is unroutable': 'SQS knows queues, and not who answers which action',
  'a delivery that is lost with its connection comes back as the same attempt': notOfAConnection,
  'settling a delivery of the connection before a cut changes nothing': notOfAConnection,
};

/** What one case takes on a busy machine: floods in virtual time, three leases in real time. */
const limitMs = 180_000;

describe('the SQS transport', () => {
  for (const { name, run } of transportConformance(createSqsHarness(), { skip })) test(name, run, limitMs);
});

const noLinks = 'nothing between the transport and what it calls can be cut';

const skipInRealTime = {
  ...skip,
  'the broker vouches for the sender, whatever the headers say': 'all calls have the credentials of this process',
  'a resolved send survives a cut of every connection': noLinks,
  'an inbox lives through a cut, and so does a reply that was not yet received': noLinks,
  'a persistent reply that was not yet received outlives the broker, or its loss is told': noLinks,
  'after a cut everything goes on by itself': noLinks,
  'a send around a cut tells the truth': noLinks,
  "a persistent message that waits outlives the broker's process": noLinks,
};

describe('the SQS transport on fauxqs', async () => {
  const harness = await createFauxqsHarness();
  afterAll(() => harness.destroy());
  const deviations = { 'any text arrives unchanged in a body': 'fauxqs refuses characters beyond U+FFFD' };
  for (const { name, run } of transportConformance(harness, { skip: { ...skipInRealTime, ...deviations } }))
    test.concurrent(name, run, limitMs);
});

const outside = await startSqs();

if (outside) {
  const { endpoint, close } = outside;
  const harness = createRealTimeHarness(`sqs at ${endpoint}`, outside, close);
  describe(`the SQS transport on ${endpoint}`, () => {
    afterAll(() => harness.destroy());
    for (const { name, run } of transportConformance(harness, { skip: skipInRealTime }))
      test.concurrent(name, run, limitMs);
  });
}
