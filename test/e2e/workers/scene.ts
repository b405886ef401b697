import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ChannelModel } from 'amqplib';
import { createAmqpTransport, type AmqpTransportOptions } from '../../../transports/amqp/index.js';
import { createClient, type Client, type ClientOptions } from '../../../src/index.js';
import { countEffects, readEffects, type Effect, type EffectCount } from '../../support/effects.js';
import type { BrokerAdmin, VirtualHost } from '../../support/rabbitmq-admin.js';
import { startWorker, type WorkerProcess, type WorkerSettings } from './start-worker.js';

/** Worker processes and callers on a virtual host of their own. */
export interface Scene {
  readonly virtualHost: VirtualHost;
  /** On `to`, as the administrator, unless its settings say otherwise. */
  worker(settings?: Partial<WorkerSettings>): Promise<WorkerProcess>;
  /** A caller with connections of its own. */
  client(options?: Partial<ClientOptions> & { readonly amqp?: Partial<AmqpTransportOptions> }): Client;
  /** A connection of another program. */
  foreigner(url?: string): Promise<ChannelModel>;
  /** Where workers serve, unless they say otherwise. */
  readonly to: string;
  readonly effectsPath: string;
  effects(): Effect[];
  effectsOf(subject: string): EffectCount;
  /** Done by `close`, before the workers are ended. */
  closing(close: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export async function openScene(broker: Pick<BrokerAdmin, 'createVirtualHost' | 'deleteVirtualHost'>): Promise<Scene> {
  const virtualHost = await broker.createVirtualHost();
  const { url } = virtualHost;
  const folder = await mkdtemp(join(tmpdir(), 'samovar-scene-'));
  const path = join(folder, 'effects');
  const to = 'node-1';
  const workers: Promise<WorkerProcess>[] = [];
  const closing: (() => Promise<unknown>)[] = [];

  return {
    virtualHost,
    to,
    effectsPath: path,
    closing: (close) => void closing.push(close),
    worker(settings = {}) {
      const starting = startWorker({ url, address: to, effects: path, ...settings });
      workers.push(starting);
      return starting;
    },
    client({ amqp, ...options } = {}) {
      const transport = createAmqpTransport({ url, ...amqp });
      const client = createClient({ transport, ...options });
      closing.push(async () => {
        await client.close();
        await transport.close();
      });
      return client;
    },
    async foreigner(as = url) {
      const connection = await connect(as);
      connection.on('error', () => undefined);
      closing.push(() => connection.close().catch(() => undefined));
      return connection;
    },
    effects: () => readEffects(path),
    effectsOf: (subject) => countEffects(readEffects(path)).get(subject) ?? { starts: 0, finishes: 0 },
    async close() {
      await Promise.all(closing.map((close) => close()));
      const started = await Promise.allSettled(workers);
      for (const worker of started) if (worker.status === 'fulfilled') await worker.value.child.kill9();
      await broker.deleteVirtualHost(virtualHost.name);
      await rm(folder, { recursive: true });
    },
  };
}
