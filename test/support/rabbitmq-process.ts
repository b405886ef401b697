import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { guardian } from './guardian.js';
import { freePorts } from './ports.js';

export interface RabbitmqProcessOptions {
  /** More lines of rabbitmq.conf, for example `{ consumer_timeout: 3000 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** An advanced.config: Erlang terms, for example `[{rabbit, [{channel_tick_interval, 256}]}].` */
  readonly advancedConfig?: string;
}

/** A rabbitmq-server of this machine as a child process, with ports, folders and an epmd of its own. */
export interface RabbitmqProcess {
  readonly port: number;
  readonly managementPort: number;
  /** Of the broker's process; another one after each `start`. */
  readonly pid: number;
  /** Runs rabbitmqctl (400 ms) and resolves to its output. */
  ctl(args: readonly string[]): Promise<string>;
  /** After `stop` or `kill9`: the same ports, the same data. Resolves once it lets clients in. */
  start(): Promise<void>;
  /** As an operator stops it (SIGTERM): up to 7 s. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** Stands still (SIGSTOP) with its sockets open, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes its folder. Idempotent. */
  close(): Promise<void>;
}

const bootTimeoutMs = 90_000;

/** Starts the broker found in `programs`; resolves once it lets clients in, after 4 to 8 s. */
export async function startRabbitmqProcess(
  programs: string,
  options: RabbitmqProcessOptions = {},
): Promise<RabbitmqProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'samovar-rabbitmq-'));
  guardian().watch(folder);
  const ports = await freePorts(4);
  const [port, managementPort, distributionPort, epmdPort] = ports as [number, number, number, number];
  await writeConfiguration(folder, port, managementPort, options);
  const env = environment(folder, port, distributionPort, epmdPort);
  // Erlang would start a daemon of its own that outlives every broker; this one has a pid that we know.
  const epmd = launch('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], env, 'ignore');
  let broker: ChildProcess | undefined;

  async function start(): Promise<void> {
    const output = await open(join(folder, 'console.log'), 'a');
    const child = launch(join(programs, 'rabbitmq-server'), [], env, output.fd);
    await output.close();
    broker = child;
    const giveUpAt = performance.now() + bootTimeoutMs;
    while (!((await letsAmqpIn(port)) && (await answersHttp(managementPort)))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > giveUpAt) {
        throw new Error(`expected RabbitMQ to start on port ${port}, got:\n${await lastOutput(folder)}`);
      }
      await sleep(50);
    }
  }

  const instance: RabbitmqProcess = {
    port,
    managementPort,
    get pid() {
      return broker?.pid ?? 0;
    },
    async ctl(args) {
      const result = await promisify(execFile)(join(programs, 'rabbitmqctl'), ['-q', ...args], { env });
      return result.stdout;
    },
    start,
    stop: () => end(broker, 'SIGTERM'),
    kill9: () => end(broker, 'SIGKILL'),
    pause: () => void broker?.kill('SIGSTOP'),
    resume: () => void broker?.kill('SIGCONT'),
    async close() {
      await end(broker, 'SIGKILL');
      await end(epmd, 'SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      guardian().forget(folder);
    },
  };
  try {
    await start();
  } catch (error) {
    await instance.close();
    throw error;
  }
  return instance;
}

function launch(program: string, args: string[], env: NodeJS.ProcessEnv, output: 'ignore' | number): ChildProcess {
  // Detached: a Ctrl-C in the terminal is for the test runner, which ends the broker in its own time.
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', output, output] });
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid !== undefined) {
    guardian().watch(pid);
    child.once('exit', () => guardian().forget(pid));
  }
  child.unref();
  return child;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function writeConfiguration(
  folder: string,
  port: number,
  managementPort: number,
  { config = {}, advancedConfig }: RabbitmqProcessOptions,
): Promise<void> {
  const settings = {
    'listeners.tcp.default': `127.0.0.1:${port}`,
    'management.tcp.ip': '127.0.0.1',
    'management.tcp.port': managementPort,
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
  for (const name of ['home', 'data', 'log']) await mkdir(join(folder, name));
}

function environment(folder: string, port: number, distributionPort: number, epmdPort: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    HOME: join(folder, 'home'),
    // The start script then becomes the broker, instead of staying as its parent: one pid, and plain signals.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODENAME: `samovar-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'environment.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

/** A broker that is still booting accepts connections; only one that is ready answers the protocol header with a frame. */
function letsAmqpIn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('AMQP\0\0\x09\x01'));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.on('data', (data) => settle(data[0] === 1));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}

async function answersHttp(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/api/overview`).then(
    (response) => response.status === 401,
    () => false,
  );
}

async function lastOutput(folder: string): Promise<string> {
  const output = await readFile(join(folder, 'console.log'), 'utf8').catch(() => '');
  return output.split('\n').slice(-30).join('\n');
}
