import { startFauxqs } from 'fauxqs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createManualClock,
  createSeededRandom,
  createSqsEmulator,
  sqsEmulatorChecks,
} from '../../src/testing/index.js';
import { startSqs } from '../support/sqs.js';
import { fauxqsDeviations } from './fauxqs-deviations.js';
import { realTime, sqsCheckHarness } from './sqs-check-harness.js';
import { emulatorClient, sqsClient } from './sqs-client.js';

describe('the SQS emulator', () => {
  const clock = createManualClock();
  const client = emulatorClient(createSqsEmulator({ clock, random: createSeededRandom(1) }));
  const harness = sqsCheckHarness(client, { advance: (ms) => clock.advance(ms), patienceMs: Infinity });
  for (const { name, run } of sqsEmulatorChecks(harness)) test(name, run);

  test('is not said to deviate where it does not, nor without a reason, nor from what is not asked', async () => {
    const name = 'sequence numbers rise';
    const checks = sqsEmulatorChecks(harness, { deviations: { [name]: 'it counts down' } });
    const listed = checks.find((each) => each.name === name)?.run();
    await expect(listed).rejects.toThrow(`'${name}' is listed as a deviation (it counts down), but it passes`);
    expect(() => sqsEmulatorChecks(harness, { deviations: { [name]: ' ' } })).toThrow(TypeError);
    expect(() => sqsEmulatorChecks(harness, { deviations: { 'it makes tea': 'it does not' } })).toThrow(TypeError);
  });
});

describe('the SQS emulator over HTTP, in real time', async () => {
  const emulator = createSqsEmulator();
  const { endpoint } = await emulator.listen();
  const client = sqsClient({ endpoint });
  afterAll(async () => {
    client.destroy();
    await emulator.close();
  });
  for (const { name, run } of sqsEmulatorChecks(sqsCheckHarness(client, realTime))) test.concurrent(name, run);
});

describe('fauxqs', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  const client = sqsClient({ endpoint: `http://127.0.0.1:${server.port}` });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });
  const deviations = fauxqsDeviations;
  for (const { name, run } of sqsEmulatorChecks(sqsCheckHarness(client, realTime), { deviations })) {
    test.concurrent(name, run);
  }
});

const outside = await startSqs();

if (outside) {
  const { endpoint, region, credentials, close } = outside;
  describe(`the SQS at ${endpoint}`, () => {
    const client = sqsClient({ endpoint, region, credentials: credentials ?? fromEnvironment });
    afterAll(async () => {
      client.destroy();
      await close();
    });
    const harness = sqsCheckHarness(client, { ...realTime, pollSeconds: 2 });
    for (const { name, run } of sqsEmulatorChecks(harness)) test.concurrent(name, run);
  });
}

async function fromEnvironment() {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
  const sessionToken = process.env['AWS_SESSION_TOKEN'];
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
