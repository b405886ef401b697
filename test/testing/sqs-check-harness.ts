import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-sqs';
import type { SqsCheckHarness, SqsFields } from '../../src/testing/index.js';

type AnyCommand = new (input: SqsFields) => sdk.ListQueuesCommand;

/** How the checks get at an SQS: through a client of the SDK. */
export function sqsCheckHarness(
  client: sdk.SQSClient,
  time: Pick<SqsCheckHarness, 'advance' | 'patienceMs' | 'pollSeconds'>,
): SqsCheckHarness {
  const commands = new Map(Object.entries(sdk)) as ReadonlyMap<string, unknown>;
  return {
    ...time,
    async call(action, input) {
      const Command = commands.get(`${action}Command`) as AnyCommand;
      return { ...(await client.send(new Command(input))) };
    },
    freshName: () => `check-${randomUUID()}`,
  };
}

/** Real time has to be waited for. */
export const realTime: Pick<SqsCheckHarness, 'advance' | 'patienceMs'> = {
  advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  patienceMs: 3_000,
};
