import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractFiles } from '../../src/contract/files.js';
import { repository } from '../gates/sources.js';
import { runProgram } from '../support/process.js';
import { exampleContract } from './example-actions.js';

interface Message {
  readonly examples?: readonly { readonly payload: unknown }[];
}
interface Document {
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, Message>> }>>;
  readonly operations: Readonly<Record<string, object>>;
}

const yaml = contractFiles(exampleContract()).find(({ path }) => path === 'asyncapi.yaml')?.text ?? '';
const document = parse(yaml) as Document;
const name = 'users:create.many-at_once';

test('redocly finds nothing wrong with the AsyncAPI document', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-asyncapi-'));
  const file = join(folder, 'asyncapi.yaml');
  await writeFile(file, yaml);
  const args = [
    join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin/cli.js'),
    ...['lint', file, '--config', join(repository, 'test/contract/redocly.yaml'), '--format', 'json'],
  ];
  const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' };
  const lint = runProgram(process.execPath, { args, env, cwd: folder });
  const { code } = await lint.exited;
  const report = lint.lines.join('\n');
  const { totals, problems } = JSON.parse(report.slice(report.indexOf('{'))) as { totals: object; problems: unknown };
  expect(problems).toEqual([]);
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  expect(code).toBe(0);
  await rm(folder, { recursive: true });
});

test('the AsyncAPI document tells how an action is asked and answered', () => {
  expect(document.operations[name]).toMatchObject({
    action: 'receive',
    reply: { address: { location: '$message.header#/replyTo' } },
    bindings: { amqp: { deliveryMode: 2, mandatory: true, ack: true }, sqs: { queues: [{ fifoQueue: true }] } },
    'x-locks': true,
    'x-idempotent': true,
    'x-on-crash': 'retry',
    'x-timeout-ms': 300_000,
    'x-persistent': true,
  });
  expect(document.channels[name]).toMatchObject({
    address: '{address}',
    parameters: { address: { default: 'users-1' } },
    bindings: {
      amqp: { is: 'routingKey', exchange: { name, type: 'direct', durable: false } },
      sqs: { queue: { fifoQueue: true }, deadLetterQueue: { fifoQueue: true } },
    },
  });
  const replies = document.channels[`${name}/replies`];
  expect(Object.keys(replies?.messages ?? {})).toEqual(['success', 'error.closed', 'error.taken', 'failure']);
  expect(document.operations['dx_node_status']).not.toHaveProperty('x-locks');
});

test('secrets are tokens in the AsyncAPI document, and it says what they hold', () => {
  expect(yaml.match(/x-secret: true/g)?.length).toBeGreaterThanOrEqual(3);
  expect(yaml.match(/x-secret-schema:/g)).toHaveLength(yaml.match(/x-secret: true/g)?.length ?? 0);
});

test('each example of the AsyncAPI document is valid for its message and for no other reply of its action', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ ...document, $id: 'document' });
  let seen = 0;
  for (const [channel, { messages }] of Object.entries(document.channels)) {
    const checks = Object.keys(messages).map((key) => {
      const pointer = ['channels', channel, 'messages', key].map((part) =>
        encodeURIComponent(part.replaceAll('/', '~1')),
      );
      return { key, check: ajv.compile({ $ref: `document#/${pointer.join('/')}/payload` }) };
    });
    for (const [key, { examples = [] }] of Object.entries(messages)) {
      for (const { payload } of examples) {
        const accepting = checks.filter(({ check }) => check(payload)).map((each) => each.key);
        expect({ channel, accepting }).toEqual({ channel, accepting: [key] });
        seen++;
      }
    }
  }
  expect(seen).toBeGreaterThan(20);
});
