import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SQS, type QueueAttributeName } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createSqsEmulator, type SqsEmulator } from '../../src/testing/index.js';
import { failureOf } from '../../src/cli/failure.js';
import { createClient, defineHandler, startServer, type Client } from '../../src/index.js';
import { createSqsTransport, type SqsTransportOptions } from '../../transports/sqs/index.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { nap } from './worker/actions.js';
import { openBench, testHandlers, type Bench } from './worker/kit.js';
import { occupy } from './worker/shared-actions.js';

const sharedHandlers = fileURLToPath(new URL('worker/shared-handlers.ts', import.meta.url));
const region = 'eu-west-1';
const credentials = { AWS_ACCESS_KEY_ID: 'AKIAWORKER', AWS_SECRET_ACCESS_KEY: 'secret' };
/** What the SDK would find on a machine of somebody. */
const nothingOfAws = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^AWS_(?!SDK_JS|CA_)/.test(name))
      .map((name) => [name, undefined]),
  ),
  ...{ AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
};

let emulator: SqsEmulator;
let endpoint: string;
let sqs: SQS;
let redis: TestRedis;
let bench: Bench;
let prefix: string;
beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIATEST';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'secret';
  emulator = createSqsEmulator();
  ({ endpoint } = await emulator.listen());
  sqs = new SQS({ endpoint, region, useQueueUrlAsEndpoint: false });
  redis = await startRedis();
});
beforeEach(async () => {
  bench = await openBench();
  prefix = `${randomUUID().slice(0, 8)}-`;
});
afterAll(async () => {
  sqs.destroy();
  await emulator.close();
  await redis.close();
});

interface Content {
  readonly sqs?: object;
  readonly [key: string]: unknown;
}

/** The path of a configuration for the emulator, unless `content` says otherwise; gone with the test. */
async function configured({ sqs: own, ...content }: Content = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-sqs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'samovar.yml');
  const place = { resources: ['products'], region, endpoint, prefix, poll_ms: 2_000, visibility_timeout_ms: 3_000 };
  const text = { transport: 'sqs', handlers: [testHandlers], ...content, sqs: { ...place, ...own } };
  await writeFile(path, JSON.stringify(text));
  return path;
}

const withCredentials = { env: { ...nothingOfAws, ...credentials } };
const worker = (config: string) => bench.worker(['--config', config], withCredentials);

function caller(): Client {
  const transport = createSqsTransport({ endpoint, region, prefix, pollMs: 1_000 });
  const client = createClient({ transport });
  onTestFinished(async () => {
    await client.close();
    await transport.close();
  });
  return client;
}

async function inFlight(): Promise<string | undefined> {
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: `${prefix}products.fifo` });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  return Attributes?.ApproximateNumberOfMessagesNotVisible;
}

const to = { to: 'products', timeoutMs: 30_000 };

describe('a worker process of SQS', { timeout: 60_000 }, () => {
  it('answers samovar call with the same configuration, and status shows it as serving', async () => {
    const config = await configured();
    await worker(config);
    const args = ['call', 'nap', '--to', 'products', '--body', '{"ms": 1}', '--config', config];
    const call = bench.run(args, withCredentials);
    expect(await call.exited).toEqual({ code: 0, signal: null });
    expect(JSON.parse(call.lines.join('\n'))).toEqual({ slept: 1 });
    const { code, rows, err } = await bench.status();
    expect([code, rows.join(), err]).toEqual([0, expect.stringMatching(/^green .*sqs.*products/), '']);
    const check = bench.run(['check-config', '--config', config], withCredentials);
    expect(await check.exited).toEqual({ code: 0, signal: null });
    expect(check.lines.join('\n')).toContain(`sqs at SQS in ${region} at ${endpoint}, queues ${prefix}*, as products`);
  });

  it('ends with 0 within its poll and 5 s when SIGTERM comes in mid poll, and leaves no message invisible', async () => {
    const config = await configured();
    const doomed = await worker(config);
    const client = caller();
    await client.call(nap, {}, to);
    const polls = (): number => emulator.calls.filter(({ accessKeyId }) => accessKeyId === 'AKIAWORKER').length;
    const before = polls();
    await expect.poll(polls).toBeGreaterThan(before);
    const startedMs = performance.now();
    doomed.kill('SIGTERM');
    await doomed.waitForLog('stopping');
    const late = client.call(nap, { ms: 5 }, to);
    expect(await doomed.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedMs).toBeLessThan(2_000 + 5_000);
    expect(await inFlight()).toBe('0');
    await worker(config);
    expect(await late).toEqual({ slept: 5 });
  });

  it('is taken over from when it is killed in the middle of a request', async () => {
    const config = await configured();
    const first = await worker(config);
    const answer = caller().call(nap, { ms: 1_000 }, to);
    await first.waitForLog('napping');
    await first.kill9();
    await worker(config);
    expect(await answer).toEqual({ slept: 1_000 });
  });

  it('shares its locks and answers with another one by Redis', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'samovar-gate-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const gate = join(folder, 'gate');
    const config = await configured({
      handlers: [{ use: sharedHandlers, settings: { gate } }],
      redis: { url: redis.url, namespace: randomUUID() },
      idempotency: { fingerprint_key: 'a secret of some length' },
    });
    const workers = await Promise.all([worker(config), worker(config)]);
    const client = caller();
    const starts = () => workers.flatMap(({ log }) => log).filter(({ msg }) => msg === 'inside').length;
    const call = (groupKey: string) =>
      client.call(occupy, { resource: 'one' }, { ...to, groupKey, idempotencyKey: 'order 5' });
    const calls = ['a', 'b', 'c', 'd'].map(call);
    await expect.poll(starts).toBe(1);
    await writeFile(gate, '');
    const [answer, ...others] = await Promise.all(calls);
    for (const other of [...others, await call('e')]) expect(other).toEqual(answer);
    expect(starts()).toBe(1);
  });
});

type Attributes = Partial<Record<QueueAttributeName, string>>;

/** What somebody may have created by hand. */
async function given(queue: string, attributes: Attributes): Promise<void> {
  const create = (name: string, more: Attributes) =>
    sqs.createQueue({
      QueueName: `${prefix}${name}`,
      Attributes: { ...(name.endsWith('.fifo') && { FifoQueue: 'true' }), ...more },
    });
  await create(queue.replace('products', 'products-dlq'), {});
  await create(queue, attributes);
}

const redrivePolicy = (maxReceiveCount: number): string => {
  const deadLetterTargetArn = `arn:aws:sqs:${region}:000000000000:${prefix}products-dlq.fifo`;
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount });
};

describe('a worker of SQS whose set-up is wrong ends with 78 and says what is wrong, for', { timeout: 60_000 }, () => {
  /** What its operator reads. */
  async function problemOf(own: object, env: object = {}): Promise<string> {
    const config = await configured({ sqs: own });
    const child = bench.run(['worker', '--config', config], { env: { ...withCredentials.env, ...env } });
    expect(await child.exited).toEqual({ code: 78, signal: null });
    return child.stderr.match(/^samovar: .*$/gm)?.join() ?? '';
  }

  /** The same, in this process. */
  async function refusalOf(own: SqsTransportOptions = {}): Promise<string> {
    const transport = createSqsTransport({ endpoint, region, prefix, visibilityTimeoutMs: 3_000, ...own });
    onTestFinished(() => transport.close());
    const handlers = [defineHandler(nap, { run: ({ ms }) => ({ slept: ms }) })];
    const refused = await startServer({ transport, address: 'products', handlers }).catch((error: unknown) => error);
    const { exitCode, line } = failureOf(refused);
    expect(exitCode).toBe(78);
    return line;
  }

  it('a standard queue where a FIFO queue is needed', async () => {
    await given('products', {});
    expect(await problemOf({ ensure: false })).toMatch(
      /expected FIFO queue "\S+products-dlq\.fifo" to exist, got only the standard queue .*ensure: true/,
    );
  });

  it('no region', async () => {
    expect(await problemOf({ region: undefined })).toMatch(/expected a region \(region under sqs .*AWS_REGION\)/);
  });

  it('no credentials', async () => {
    const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect(await problemOf({}, none)).toMatch(/expected credentials of AWS \(AWS_ACCESS_KEY_ID .*AWS_PROFILE/);
  });

  it('a missing queue with ensure: false', async () => {
    expect(await refusalOf({ ensure: false })).toMatch(
      /expected FIFO queue "\S+-dlq\.fifo" to exist, got none: create it, or set ensure: true/,
    );
  });

  it.each<[string, () => Attributes, RegExp]>([
    ['no redrive policy', () => ({ VisibilityTimeout: '30' }), /to have the RedrivePolicy \{.*1000\}, got none/],
    [
      'a redrive after three receives',
      () => ({ VisibilityTimeout: '30', RedrivePolicy: redrivePolicy(3) }),
      /to have the RedrivePolicy .*1000.*got .*"maxReceiveCount":"?3/,
    ],
    [
      'a visibility timeout that is too short',
      () => ({ VisibilityTimeout: '1', RedrivePolicy: redrivePolicy(1_000) }),
      /to have a VisibilityTimeout of at least 3 s, got 1: change the queue, or visibilityTimeoutMs/,
    ],
  ])('%s', async (_, attributes, line) => {
    await given('products.fifo', attributes());
    expect(await refusalOf()).toMatch(line);
  });

  it('credentials that may not create queues', async () => {
    const isOurs = ({ queue = '' }: { queue?: string | undefined }) => queue.startsWith(prefix);
    const denied = emulator.fault({ when: isOurs, action: 'CreateQueue', then: 'access denied' });
    onTestFinished(() => denied.remove());
    expect(await refusalOf()).toMatch(
      /expected to be allowed to use queue "\S+products\.fifo", got: CreateQueue \S+: AccessDenied/,
    );
  });
});
