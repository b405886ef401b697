import { afterAll, describe, test } from 'vitest';
import { transportConformance } from '../../src/testing/index.js';
import { createFauxqsHarness, createSqsHarness } from './sqs-harness.js';

const notOfAConnection = 'a delivery belongs to its receipt, not to a connection: a cut takes none away';

const skip = {
  'an expired message is not delivered': 'SQS has no expiration of a message: the worker judges it, and tolerates skew',
  'a send of an action that nobody answers there is unroutable': 'SQS knows queues, and not who answers which action',
  'a delivery that is lost with its connection comes back as the same attempt': notOfAConnection,
  'settling a delivery of the connection before a cut changes nothing': notOfAConnection,
};

describe('the SQS transport', () => {
  for (const { name, run } of transportConformance(createSqsHarness(), { skip })) test(name, run);
});

describe('the SQS transport on fauxqs', async () => {
  const harness = await createFauxqsHarness();
  afterAll(() => harness.destroy());
  const noLinks = 'nothing between the transport and fauxqs can be cut';
  const deviations = {
    'any text arrives unchanged in a body': 'fauxqs refuses characters beyond U+FFFD',
    'the broker vouches for the sender, whatever the headers say': 'to fauxqs all callers are one',
    'a resolved send survives a cut of every connection': noLinks,
    'an inbox lives through a cut, and so does a reply that was not yet received': noLinks,
    'a persistent reply that was not yet received outlives the broker, or its loss is told': noLinks,
    'after a cut everything goes on by itself': noLinks,
    'a send around a cut tells the truth': noLinks,
    "a persistent message that waits outlives the broker's process": noLinks,
  };
  for (const { name, run } of transportConformance(harness, { skip: { ...skip, ...deviations } }))
    test.concurrent(name, run);
});
