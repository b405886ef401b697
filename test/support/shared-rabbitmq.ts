import { inject } from 'vitest';
import './global-setup.js';
import { createBrokerAdmin } from './rabbitmq-admin.js';
import type { Broker } from './rabbitmq.js';

/** The broker of the whole test run. Not yours to close, kill or block: `startOwnRabbitmq()` is for that. */
export type SharedBroker = Omit<Broker, 'close'>;

/** The first call of a run starts the broker: use it in `beforeAll`, and give each test file or test a virtual host of its own. */
export async function sharedRabbitmq(): Promise<SharedBroker> {
  const known = (await ask('/rabbitmq')) as Pick<Broker, 'kind' | 'url' | 'managementUrl' | 'port'>;
  return {
    ...createBrokerAdmin(known.url, known.managementUrl),
    ...known,
    ctl: async (args) => (await ask('/control', { method: 'ctl', args })) as string,
    closeConnections: async (virtualHost) => {
      await ask('/control', { method: 'closeConnections', args: virtualHost });
    },
  };
}

async function ask(path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${inject('sharedPartsUrl')}${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: string };
  if (!response.ok) throw new Error(error);
  return result;
}
