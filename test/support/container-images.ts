import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const composeFile = new URL('../../localstack/compose.yml', import.meta.url);

type Service = 'rabbitmq' | 'localstack' | 'redis';

/** The image that people develop with, from the compose file. */
export function containerImage(service: Service): string {
  const { services } = parse(readFileSync(composeFile, 'utf8')) as {
    services: Readonly<Record<Service, { readonly image: string }>>;
  };
  return services[service].image;
}
