import { setTimeout as sleep } from 'node:timers/promises';
import { createBrokerAdmin, type BrokerAdmin } from './rabbitmq-admin.js';
import { startRabbitmqContainer } from './rabbitmq-container.js';
import { findRabbitmq, installRabbitmq } from './rabbitmq-install.js';
import { startRabbitmqProcess, type RabbitmqProcess } from './rabbitmq-process.js';
import type { RabbitmqProcessOptions } from './rabbitmq-settings.js';

/** A real RabbitMQ that a test may use, wherever it runs. */
export interface Broker extends BrokerAdmin {
  readonly kind: 'url' | 'container' | 'process';
  /** With an administrator's credentials; the virtual host is `/`. */
  readonly url: string;
  readonly managementUrl: string;
  readonly port: number;
  /** Runs rabbitmqctl and resolves to its output: 0.4 s, but many seconds on a busy machine. Rejects for kind 'url'. */
  ctl(args: readonly string[]): Promise<string>;
  /** The broker closes all connections to one virtual host (320, CONNECTION_FORCED), as an operator would. */
  closeConnections(virtualHost: string): Promise<void>;
  /** Ends it for good. Idempotent. */
  close(): Promise<void>;
}

/** A broker that a test may hurt: nobody else uses it. */
export interface OwnBroker
  extends Broker, Pick<RabbitmqProcess, 'pid' | 'evaluate' | 'kill9' | 'start' | 'stop' | 'pause' | 'resume'> {
  readonly kind: 'process';
  /** As if the memory ran out: connections that publish are blocked. */
  setMemoryAlarm(on: boolean): Promise<void>;
  setDiskAlarm(on: boolean): Promise<void>;
}

/**
 * A broker by the first way that works: the URL in SAMOVAR_TEST_AMQP_URL (with its management API at
 * SAMOVAR_TEST_AMQP_MANAGEMENT_URL, by default port 15672 of the same host), a container, a child process.
 * Tests share one: `sharedRabbitmq()` of shared-rabbitmq.ts.
 */
export async function startRabbitmq(): Promise<Broker> {
  const url = process.env['SAMOVAR_TEST_AMQP_URL'];
  if (url !== undefined) return brokerAt(url);
  const container = await tryContainer();
  if (container) return container;
  process.stderr.write('No container: the tests run against the rabbitmq-server of this machine.\n');
  return startOwnRabbitmq();
}

/** A broker of your own, always a child process, to kill, pause and block. Close it in the end; 4 to 8 s to start. */
export async function startOwnRabbitmq(options: RabbitmqProcessOptions = {}): Promise<OwnBroker> {
  const broker = await startRabbitmqProcess(await rabbitmqPrograms(), options);
  const url = `amqp://guest:guest@127.0.0.1:${broker.port}/%2F`;
  const managementUrl = `http://127.0.0.1:${broker.managementPort}`;
  const setAlarm = async (resource: 'memory' | 'disk', on: boolean) => {
    const alarm = `{resource_limit, ${resource}, node()}`;
    await broker.evaluate(on ? `rabbit_alarm:set_alarm({${alarm}, []}).` : `rabbit_alarm:clear_alarm(${alarm}).`);
  };
  return {
    ...createBrokerAdmin(url, managementUrl),
    kind: 'process',
    url,
    managementUrl,
    port: broker.port,
    get pid() {
      return broker.pid;
    },
    evaluate: (expression) => broker.evaluate(expression),
    ctl: (args) => broker.ctl(args),
    async closeConnections(virtualHost) {
      await broker.evaluate(`
        [rabbit_networking:close_connection(Pid, "closed by a test")
          || Pid <- rabbit_networking:connections(),
             (catch rabbit_networking:connection_info(Pid, [vhost])) =:= [{vhost, <<"${virtualHost}">>}]].`);
    },
    kill9: (killing) => broker.kill9(killing),
    start: () => broker.start(),
    stop: () => broker.stop(),
    pause: () => broker.pause(),
    resume: () => broker.resume(),
    setMemoryAlarm: (on) => setAlarm('memory', on),
    setDiskAlarm: (on) => setAlarm('disk', on),
    close: () => broker.close(),
  };
}

/** The folder of RabbitMQ's programs; installs them where that is possible. */
export async function rabbitmqPrograms(): Promise<string> {
  const found = (await findRabbitmq()) ?? ((await installRabbitmq()) ? await findRabbitmq() : undefined);
  if (found !== undefined) return found;
  throw new Error(
    'expected a RabbitMQ to test against, got none: set SAMOVAR_TEST_AMQP_URL, start a Docker engine, install ' +
      'rabbitmq-server, or run as root on a Debian-like system so that it can be installed',
  );
}

async function tryContainer(): Promise<Broker | undefined> {
  const container = await startRabbitmqContainer().catch((error: unknown) => {
    process.stderr.write(`A Docker engine answers, but RabbitMQ did not start in a container: ${String(error)}\n`);
  });
  if (!container) return undefined;
  const host = container.getHost();
  const port = container.getMappedPort(5672);
  const url = `amqp://guest:guest@${host}:${port}/%2F`;
  const managementUrl = `http://${host}:${container.getMappedPort(15672)}`;
  const ctl = async (args: readonly string[]) => {
    const { exitCode, output } = await container.exec(['rabbitmqctl', '-q', ...args]);
    if (exitCode !== 0) throw new Error(`expected rabbitmqctl ${args.join(' ')} to succeed, got: ${output}`);
    return output;
  };
  return {
    ...createBrokerAdmin(url, managementUrl),
    kind: 'container',
    url,
    managementUrl,
    port,
    ctl,
    async closeConnections(virtualHost) {
      await ctl(['close_all_connections', '--vhost', virtualHost, 'closed by a test']);
    },
    close: async () => {
      await container.stop();
    },
  };
}

function brokerAt(given: string): Broker {
  const parsed = new URL(given);
  if (parsed.pathname === '' || parsed.pathname === '/') parsed.pathname = '/%2F';
  const url = parsed.href;
  const managementUrl = process.env['SAMOVAR_TEST_AMQP_MANAGEMENT_URL'] ?? `http://${parsed.hostname}:15672`;
  const admin = createBrokerAdmin(url, managementUrl);
  return {
    ...admin,
    kind: 'url',
    url,
    managementUrl,
    port: Number(parsed.port || 5672),
    ctl: () =>
      Promise.reject(
        new Error('expected a broker that the tests have started, got SAMOVAR_TEST_AMQP_URL: no rabbitmqctl'),
      ),
    async closeConnections(virtualHost) {
      const path = `/vhosts/${encodeURIComponent(virtualHost)}/connections`;
      let connections: { name: string }[] = [];
      // The API hears of a new connection with the next round of statistics, 5 s apart.
      for (let tries = 0; connections.length === 0 && tries < 60; tries++) {
        connections = (await admin.management('GET', path)) as { name: string }[];
        if (connections.length === 0) await sleep(100);
      }
      for (const { name } of connections) await admin.management('DELETE', `/connections/${encodeURIComponent(name)}`);
    },
    close: () => Promise.resolve(),
  };
}
