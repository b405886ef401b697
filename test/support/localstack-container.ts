import type { StartedLocalStackContainer } from '@testcontainers/localstack';
import { containerImage } from './container-images.js';

const image = process.env['SAMOVAR_TEST_LOCALSTACK_IMAGE'] ?? containerImage('localstack');

/** Starts LocalStack in a container; undefined where no Docker engine answers. */
export async function startLocalstackContainer(): Promise<StartedLocalStackContainer | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine) return undefined;
  const { LocalstackContainer } = await import('@testcontainers/localstack');
  return new LocalstackContainer(image).withEnvironment({ SERVICES: 'sqs', SQS_ENDPOINT_STRATEGY: 'path' }).start();
}
