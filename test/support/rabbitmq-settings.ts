import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { controlArguments } from './rabbitmq-control.js';

export interface RabbitmqProcessOptions {
  /** More lines of rabbitmq.conf, for example `{ consumer_timeout: 3000 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** An advanced.config: Erlang terms, for example `[{rabbit, [{channel_tick_interval, 256}]}].` */
  readonly advancedConfig?: string;
}

/** Writes the broker's files and folders below `folder`. */
export async function writeRabbitmqSettings(
  folder: string,
  ports: { readonly amqp: number; readonly management: number },
  { config = {}, advancedConfig }: RabbitmqProcessOptions,
): Promise<void> {
  const settings = {
    'listeners.tcp.default': `127.0.0.1:${ports.amqp}`,
    'management.tcp.ip': '127.0.0.1',
    'management.tcp.port': ports.management,
    // The HTTP API is wanted, its statistics are not: they cost the broker CPU for each message.
    'management.disable_stats': true,
    'management_agent.disable_metrics_collector': true,
    'log.file.level': 'warning',
    ...config,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  await writeFile(join(folder, 'rabbitmq.conf'), lines.join(''));
  await writeFile(join(folder, 'advanced.config'), advancedConfig ?? '[].\n');
  await writeFile(join(folder, 'plugins'), '[rabbitmq_management].\n');
  await writeFile(join(folder, 'environment.conf'), '');
  await writeFile(join(folder, 'arguments'), controlArguments(controlSocket(folder)));
  for (const name of ['home', 'data', 'log']) await mkdir(join(folder, name));
}

/** Where the broker evaluates expressions: see rabbitmq-control.ts. */
export function controlSocket(folder: string): string {
  return join(folder, 'control');
}

/** The environment in which the broker and rabbitmqctl find these files, and each other. */
export function rabbitmqEnvironment(
  folder: string,
  ports: { readonly amqp: number; readonly distribution: number; readonly epmd: number },
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
    LC_ALL: 'C.UTF-8',
    HOME: join(folder, 'home'),
    // The start script then becomes the broker, instead of staying as its parent: one pid, and plain signals.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: `samovar-${ports.amqp}@localhost`,
    RABBITMQ_NODE_PORT: String(ports.amqp),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'environment.conf'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-args_file ${join(folder, 'arguments')}`,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}
