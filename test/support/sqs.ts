import type { SQSClientConfig } from '@aws-sdk/client-sqs';
import { startLocalstackContainer } from './localstack-container.js';

/** An SQS outside this process: AWS, LocalStack, or what else speaks its protocol. */
export interface TestSqs {
  readonly kind: 'url' | 'container';
  readonly endpoint: string;
  readonly region: string;
  /** Undefined: those that the SDK finds. */
  readonly credentials: Extract<SQSClientConfig['credentials'], { accessKeyId: string }> | undefined;
  readonly close: () => Promise<void>;
}

/**
 * By the first way that works: the endpoint in SAMOVAR_TEST_SQS_ENDPOINT, LocalStack in a container. Undefined where
 * there is neither: then the emulators have to do.
 */
export async function startSqs(): Promise<TestSqs | undefined> {
  const region = process.env['AWS_REGION'] ?? 'eu-west-1';
  const endpoint = process.env['SAMOVAR_TEST_SQS_ENDPOINT'];
  const anybody = { accessKeyId: 'AKIAANN', secretAccessKey: 'secret' };
  if (endpoint !== undefined) {
    const credentials = endpoint.includes('.amazonaws.') ? undefined : anybody;
    return { kind: 'url', endpoint, region, credentials, close: () => Promise.resolve() };
  }
  const container = await startLocalstackContainer().catch((error: unknown) => {
    process.stderr.write(`A Docker engine answers, but LocalStack did not start in a container: ${String(error)}\n`);
  });
  if (!container) return undefined;
  return {
    kind: 'container',
    endpoint: container.getConnectionUri(),
    region,
    credentials: anybody,
    async close() {
      await container.stop();
    },
  };
}
