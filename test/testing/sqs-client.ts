import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import type { SqsEmulator } from '../../src/testing/index.js';

/** A plain client of the SDK, which tries everything once. */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAANN', secretAccessKey: 'secret' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
    ...config,
  });
}

/** One that talks to an emulator in this process. */
export function emulatorClient(
  { endpoint, requestHandler }: SqsEmulator,
  { accessKeyId = 'AKIAANN' }: { accessKeyId?: string } = {},
): SQSClient {
  return sqsClient({ endpoint, requestHandler, credentials: { accessKeyId, secretAccessKey: 'secret' } });
}
