import amqp from 'amqplib';
import { startRabbitmq, type Broker } from '../test/support/rabbitmq.js';
import { groups } from './groups.js';
import { machineClass } from './machine.js';
import { versionOf } from './package-under-test.js';
import { brief, type GroupResult } from './results.js';

export interface RunGroupsOptions {
  readonly names: readonly string[];
  readonly seed: number;
  readonly quick: boolean;
  readonly say: (line: string) => void;
  /** Is told each as soon as it is measured. */
  readonly onResult: (name: string, result: GroupResult) => Promise<void>;
  readonly onError: (name: string, error: unknown) => void;
}

/** Measures groups one after the other, on a broker of its own where one of them needs it; none hides another's failure. */
export async function runGroups({ names, seed, quick, say, onResult, onError }: RunGroupsOptions): Promise<void> {
  let broker: Broker | undefined;
  try {
    for (const name of names) {
      const group = groups[name];
      if (!group) continue;
      say(name);
      if (group.broker) broker ??= await startRabbitmq();
      const host = group.broker ? await broker?.createVirtualHost() : undefined;
      try {
        const measure = await group.load();
        const tables = await measure({
          ...{ url: host?.url ?? '', managementUrl: broker?.managementUrl ?? '', seed, quick },
          ...(broker && 'pid' in broker ? { brokerPid: broker.pid as number } : {}),
          write: (line) => say(`${name}: ${line}`),
        });
        const versions = {
          Node: process.versions.node,
          ...(host ? { RabbitMQ: await brokerVersion(host.url), amqplib: await versionOf('amqplib') } : {}),
          ...(quick ? {} : await versionsOf(group.peers ?? [])),
        };
        const date = new Date().toISOString().slice(0, 10);
        await onResult(name, { date, seed, machine: machineClass, versions, tables: tables.map(brief) });
      } catch (error) {
        onError(name, error);
      } finally {
        if (host) await broker?.deleteVirtualHost(host.name);
      }
    }
  } finally {
    await broker?.close();
  }
}

async function versionsOf(names: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await versionOf(name)] as const)));
}

async function brokerVersion(url: string): Promise<string> {
  const model = await amqp.connect(url);
  await model.close();
  return model.connection.serverProperties.version;
}
