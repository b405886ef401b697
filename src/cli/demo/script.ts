import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import sqsScript from '../../../handlers/demo-requests-sqs.json' with { type: 'json' };
import packagedScript from '../../../handlers/demo-requests.json' with { type: 'json' };
import { ConfigurationError } from '../../config/configuration-error.js';

const record = z.record(z.string(), z.unknown());

const expectation = z.union([
  z.strictObject({
    /** What the answer holds at least. */
    answer: record,
    /** The call with this name got the very same answer. */
    sameAnswerAs: z.string().optional(),
    /** By `startedAt` and `readyAt` of both answers, the two did not run at once. */
    notWhile: z.string().optional(),
  }),
  z.strictObject({
    code: z.string(),
    outcome: z.enum(['executed', 'not_executed', 'unknown']),
    declared: z.string().optional(),
  }),
]);

const call = z.strictObject({
  name: z.string().optional(),
  action: z.string(),
  to: z.string(),
  request: record,
  /** Its group key: what shares one is done in order, where the transport can. */
  group: z.string().optional(),
  /** SQS only: who sends it is a program without Samovar, and says `{ service, parameters }`. */
  sender: z.literal('aws-sdk').optional(),
  expect: expectation,
});

const script = z.strictObject({
  nodes: z.array(z.string().min(1)).min(1),
  /** One after the other; the calls of one step all at once. */
  steps: z.array(z.strictObject({ title: z.string(), calls: z.array(call).min(1) })).min(1),
});

export type Expectation = z.output<typeof expectation>;
export type ScriptedCall = z.output<typeof call>;
export type Script = z.output<typeof script>;

/** The script of the package for that transport, or the one at `path`. @throws ConfigurationError saying what is wrong with it. */
export async function loadScript(transport: string, path?: string): Promise<Script> {
  const parsed = script.safeParse(path === undefined ? packaged(transport) : await readJson(path));
  if (parsed.success) {
    const isPlain = parsed.data.steps.some(({ calls }) => calls.some(({ sender }) => sender !== undefined));
    if (!isPlain || transport === 'sqs') return parsed.data;
    throw new ConfigurationError(`expected --transport sqs for calls with a sender, got ${transport}`);
  }
  throw new ConfigurationError(
    `expected ${path ?? 'the requests'} to be a demo's requests: ${z.prettifyError(parsed.error)}`,
  );
}

function packaged(transport: string): unknown {
  if (transport !== 'sqs') return packagedScript;
  const parts = [packagedScript, sqsScript];
  return { nodes: parts.flatMap(({ nodes }) => nodes), steps: parts.flatMap(({ steps }) => steps as unknown[]) };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(`expected ${path} to be a readable JSON file: ${reason}`, { cause: error });
  }
}
