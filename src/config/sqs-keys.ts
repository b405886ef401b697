import { flag, oneOf, text, textLike, texts, wholeNumber } from './fields.js';

const wholeSeconds = 'whole seconds, as milliseconds';

/** Options of the SQS transport, in snake case. Credentials are the SDK's own matter. */
export const sqsKeys = {
  region: text().describe('The region of the queues; what the SDK finds in its environment by default.'),
  endpoint: textLike(/^https?:\/\/[^\s/@?#]+\/?$/, 'a URL such as http://localhost:4566').describe(
    'Where to find SQS instead of AWS: LocalStack, an emulator.',
  ),
  prefix: textLike(/^[A-Za-z0-9_-]{0,30}$/, 'at most 30 letters, digits, - or _').describe(
    'What the names of all queues begin with; samovar- by default.',
  ),
  ensure: flag().describe('Create queues that are missing; true by default. false: a missing queue fails the start.'),
  unknown_actions: oneOf(['return', 'answer']).describe(
    'return (default): left to other services, for 15 min at most. answer: refused here at once.',
  ),
  max_body_bytes: wholeNumber().describe('The largest body in either direction; 1032192 by default and at most.'),
  visibility_timeout_ms: wholeNumber(1_000, 43_200_000)
    .refine(isWholeSeconds, { error: wholeSeconds })
    .describe('How long SQS leaves a message with a worker that stopped renewing it; 30000 by default.'),
  poll_ms: wholeNumber(1_000, 20_000)
    .refine(isWholeSeconds, { error: wholeSeconds })
    .describe('How long one poll waits for messages; 20000 by default.'),
  request_timeout_ms: wholeNumber().describe('A call of SQS that takes longer is given up; 10000 by default.'),
  believes: texts().describe(
    'Ids (SenderId before the colon) of those who redrive: who their copies say has sent a request is believed.',
  ),
  max_waiting_sends: wholeNumber().describe('Sends that may wait to be written; 10000 by default.'),
};

function isWholeSeconds(ms: number): boolean {
  return ms % 1_000 === 0;
}
