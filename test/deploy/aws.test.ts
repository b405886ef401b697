import { readFile } from 'node:fs/promises';
import { createClient, defineAction, defineHandler, startServer } from 'samovar';
import { openQuarantine } from 'samovar/sqs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { addressShape, deadLetterShape } from '../../transports/sqs/queue-shape.js';
import { createLab } from '../transports/sqs/lab.js';

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}
interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Properties: { readonly PolicyDocument?: { readonly Statement: readonly Statement[] } } }>
  >;
}

// What CloudFormation adds to YAML: each function as { name: its argument }.
const tags = ['Sub', 'Ref', 'GetAtt'].map((name) => ({
  tag: `!${name}`,
  resolve: (value: string) => ({ [name]: value }),
}));
const text = await readFile(new URL('../../deploy/aws/samovar-resource.yml', import.meta.url), 'utf8');
const template = parse(text, { customTags: tags }) as Template;

/** The right that a call needs: those of a batch have the right of the single one ("Amazon SQS API permissions"). */
const rightOf = (action: string) => `sqs:${action.replace(/Batch$/, '')}`;

/** Which of the template's resources a queue is. */
function placeOf(queue: string | undefined): string {
  if (queue === undefined) return '*';
  if (queue.startsWith('samovar-inbox-')) return 'inbox';
  return queue === 'samovar-products-dlq.fifo' ? 'dead letters' : 'queue';
}

function granted(policy: string): string[] {
  const statements = template.Resources[policy]?.Properties.PolicyDocument?.Statement ?? [];
  const rights = statements.flatMap(({ Action, Resource }) => {
    const arn = JSON.stringify(Resource);
    const place =
      arn === '"*"' ? '*' : arn.includes('inbox-*') ? 'inbox' : arn.includes('DeadLetters') ? 'dead letters' : 'queue';
    return [Action].flat().map((action) => `${action} ${place}`);
  });
  return rights.sort();
}

const stock = defineAction({
  name: 'stock',
  summary: 'Counts.',
  request: z.object({ fails: z.boolean().default(false) }),
  response: z.object({ count: z.int() }),
});

it('the policies grant exactly the calls that worker, caller and operator make, and no more', async () => {
  const lab = createLab();
  const roles = ['WorkerPolicy', 'CallerPolicy', 'OperatorPolicy'] as const;
  /** The SDK reads its credentials at the first call of each client. */
  const as = (role: (typeof roles)[number]): void => void (process.env['AWS_ACCESS_KEY_ID'] = role);
  const { clock, emulator, ended, until, options } = lab;
  const before = process.env['AWS_ACCESS_KEY_ID'];
  await lab.addressed('products');
  try {
    const made = { ...options, ensure: false, pollMs: 20_000 };
    const handler = defineHandler(stock, {
      retry: { attempts: 2 },
      run({ fails }) {
        if (fails) throw new Error('no');
        return { count: 1 };
      },
    });
    as('WorkerPolicy');
    const workerTransport = lab.transport(made);
    const server = await ended(
      startServer({ transport: workerTransport, address: 'products', handlers: [handler], clock }),
    );
    as('CallerPolicy');
    const callerTransport = lab.transport(made);
    const client = createClient({ transport: callerTransport, clock });
    const to = 'products';
    expect(await ended(client.call(stock, {}, { to }))).toEqual({ count: 1 });
    await ended(client.send(stock, { fails: true }, { to }));
    await until(() => workerTransport.health().counters['quarantined'] === 1, 300_000);
    // An orphan of a caller that died: its tag is old at two sweeps.
    await lab.api.createQueue('samovar-inbox-orphan', {}, { 'samovar-alive': '1' });
    await until(() => callerTransport.health().counters['inboxes_swept'] === 1, 7_200_000);
    as('OperatorPolicy');
    const quarantine = openQuarantine({ ...made, address: 'products' });
    expect(await ended(quarantine.list())).toMatchObject({ total: 1 });
    await ended(quarantine.redrive());
    await until(() => workerTransport.health().counters['quarantined'] === 2, 300_000);
    await ended(quarantine.purge());
    await ended(quarantine.close());
    await ended(client.close());
    await ended(server.stop());
    await ended(Promise.all([callerTransport.close(), workerTransport.close()]));
  } finally {
    process.env['AWS_ACCESS_KEY_ID'] = before;
  }
  for (const role of roles) {
    const calls = emulator.calls.filter(({ accessKeyId }) => accessKeyId === role);
    const needed = new Set(
      calls.map(({ action, queue }) => `${rightOf(action)} ${action === 'ListQueues' ? '*' : placeOf(queue)}`),
    );
    expect([...needed].sort(), role).toEqual(granted(role));
  }
});

it('the queues have the shape that a worker would give them', () => {
  const shapeOf = (name: string) => {
    const {
      QueueName: _name,
      SqsManagedSseEnabled: _encrypted,
      ...shape
    } = template.Resources[name]?.Properties as Record<string, unknown>;
    return shape;
  };
  const asText = (shape: object) =>
    Object.fromEntries(
      Object.entries(shape).map(([key, value]) => [key, typeof value === 'object' ? value : String(value)]),
    );
  expect(asText(shapeOf('DeadLetters'))).toEqual(deadLetterShape);
  const { RedrivePolicy, ...shape } = addressShape({ deadLetters: {}, visibilityTimeoutMs: 30_000 });
  expect(asText(shapeOf('Queue'))).toEqual({
    ...shape,
    VisibilityTimeout: { Ref: 'VisibilityTimeoutSeconds' },
    RedrivePolicy: {
      deadLetterTargetArn: { GetAtt: 'DeadLetters.Arn' },
      maxReceiveCount: Number((JSON.parse(RedrivePolicy ?? '') as { maxReceiveCount: string }).maxReceiveCount),
    },
  });
});
