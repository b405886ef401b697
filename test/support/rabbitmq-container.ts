import type { StartedRabbitMQContainer } from '@testcontainers/rabbitmq';
import { containerImage } from './container-images.js';

const image = process.env['SAMOVAR_TEST_RABBITMQ_IMAGE'] ?? containerImage('rabbitmq');

/** Starts RabbitMQ in a container; undefined where no Docker engine answers. */
export async function startRabbitmqContainer(): Promise<StartedRabbitMQContainer | undefined> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (!engine) return undefined;
  const { RabbitMQContainer } = await import('@testcontainers/rabbitmq');
  return new RabbitMQContainer(image).withExposedPorts(5672, 15672).start();
}
