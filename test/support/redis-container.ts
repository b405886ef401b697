import type { StartedTestContainer } from 'testcontainers';
import { containerImage } from './container-images.js';

const image = process.env['SAMOVAR_TEST_REDIS_IMAGE'] ?? containerImage('redis');

/** Starts Redis in a container; undefined where no Docker engine answers. */
export async function startRedisContainer(): Promise<StartedTestContainer | undefined> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine) return undefined;
  const ready = Wait.forLogMessage('Ready to accept connections');
  return new GenericContainer(image).withExposedPorts(6379).withWaitStrategy(ready).start();
}
